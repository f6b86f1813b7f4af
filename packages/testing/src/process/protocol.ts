import {
  type BrokerCapabilities,
  BrokerError,
  type BrokerReport,
  ConfigurationError,
  type Delivery,
  MeshError,
} from "@meshwright/core/adapter";

/** What the parent asks of the child. Deliveries and iterators stay in the child and travel as numbers. */
export type Call =
  | { readonly method: "open"; readonly namespace: string; readonly service: string }
  | { readonly method: "publish" | "redrive" | "purge"; readonly args: readonly unknown[] }
  | { readonly method: "subscribe"; readonly args: readonly unknown[] }
  | { readonly method: "settle"; readonly iterator: number; readonly settlements: readonly WireSettlement[] }
  | { readonly method: "next" | "return" | "leave"; readonly iterator: number }
  | { readonly method: "history" | "deadLetters"; readonly args: readonly unknown[] }
  | { readonly method: "inspect" | "close" };

/** A settlement whose delivery is named by its number. */
export type WireSettlement = { readonly delivery: number } & Readonly<Record<string, unknown>>;

/** A delivery with the number by which the child knows it. */
export interface NumberedDelivery {
  readonly number: number;
  readonly delivery: Delivery;
}

export interface Request {
  readonly id: number;
  readonly call: Call;
}

export type Answer =
  | { readonly kind: "ready"; readonly name: string; readonly capabilities: BrokerCapabilities }
  | { readonly kind: "failed"; readonly error: WireError }
  | { readonly kind: "report"; readonly report: BrokerReport }
  | { readonly kind: "value"; readonly id: number; readonly value: unknown }
  | { readonly kind: "error"; readonly id: number; readonly error: WireError };

export interface WireError {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
  readonly retryable: boolean | undefined;
}

/** An error as plain data. */
export function packError(error: unknown): WireError {
  const fields = (typeof error === "object" && error !== null ? error : {}) as Partial<WireError>;
  return {
    name: fields.name ?? "Error",
    code: fields.code,
    message: fields.message ?? String(error),
    retryable: fields.retryable,
  };
}

/** The same error again, of the class its name says. */
export function unpackError(error: WireError): Error {
  const code = error.code ?? "UNKNOWN";
  if (error.name === "BrokerError")
    return new BrokerError(code, error.message, { retryable: error.retryable ?? false });
  if (error.name === "ConfigurationError") return new ConfigurationError(code, error.message);
  if (error.code !== undefined) return new MeshError(code, error.message);
  return Object.assign(new Error(error.message), { name: error.name });
}
