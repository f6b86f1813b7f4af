import type { StoreEnv } from "./env.js";
import type { StoreWorld } from "./options.js";

/** A part of the world without which a case cannot run. */
export type WorldHook = "elsewhere" | "abandon" | "conflict" | "restart" | "misfits" | "rowsLeft";

/** One test of a guarantee of the store contract. */
export interface StoreCase {
  /** Guarantee and slug, such as "S3/order-of-commits". Skips are named by it. */
  readonly id: string;
  /** What must be seen, in one sentence. */
  readonly title: string;
  /** It applies only where several transactions may be under way at a time. */
  readonly concurrent?: true;
  readonly durable?: true;
  readonly needs?: WorldHook;
  run(env: StoreEnv): Promise<void>;
}

/** The cases of one guarantee. */
export interface StoreGuarantee {
  /** "S1" to "S20". */
  readonly id: string;
  /** The promise, in the words of the contract. */
  readonly promise: string;
  readonly cases: readonly StoreCase[];
}

export function lacks(world: StoreWorld, hook: WorldHook | undefined): boolean {
  return hook !== undefined && world[hook] === undefined;
}
