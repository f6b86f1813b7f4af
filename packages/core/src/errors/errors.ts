/**
 * Every error of the library. Each names what went wrong by a stable `code`, and says in its message what to
 * do next. A message never carries a payload or a secret. This folder imports nothing.
 */
export class MeshError extends Error {
  override readonly name: string = "MeshError";
  /** Stable, upper-case, safe to match on and to alert on. */
  readonly code: string;

  constructor(code: string, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** Bytes or an object that are no valid CloudEvent. Codes are listed in `event/` and `codec/`. */
export class InvalidEventError extends MeshError {
  override readonly name = "InvalidEventError";
  /** Where, as a JSON pointer into the event ("/data/digest", "/time", "" for the whole). */
  readonly path: string;
  /** Why, in a few words. */
  readonly reason: string;

  constructor(code: string, path: string, reason: string, options?: { readonly cause?: unknown }) {
    super(code, `Invalid event at ${path === "" ? "its root" : path}: ${reason}`, options);
    this.path = path;
    this.reason = reason;
  }
}

/** Thrown by a handler: no retry can help, dead-letter the event now. */
export class TerminalError extends MeshError {
  override readonly name = "TerminalError";
  constructor(message: string, options: { readonly code?: string; readonly cause?: unknown } = {}) {
    super(options.code ?? "HANDLER_TERMINAL", message, options);
  }
}

/** Thrown by a handler: try again after the given time, whatever the retry policy says. The attempt counts. */
export class RetryableError extends MeshError {
  override readonly name = "RetryableError";
  /** A duration: milliseconds, or a string such as "30s". */
  readonly after: number | string;
  constructor(
    message: string,
    options: { readonly after: number | string; readonly code?: string; readonly cause?: unknown },
  ) {
    super(options.code ?? "HANDLER_RETRYABLE", message, options);
    this.after = options.after;
  }
}

/** Something was set up in a way that cannot work; thrown when it is set up, never later. */
export class ConfigurationError extends MeshError {
  override readonly name = "ConfigurationError";
}

/** A broker could not do what it was asked. `retryable` says whether the same call may work later. */
export class BrokerError extends MeshError {
  override readonly name = "BrokerError";
  readonly retryable: boolean;
  /** "message": what was to be published can never be; everything else can. */
  readonly about: "message" | "broker";
  constructor(
    code: string,
    message: string,
    options: { readonly retryable: boolean; readonly about?: "message"; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.retryable = options.retryable;
    this.about = options.about ?? "broker";
  }
}

/** A store could not do what it was asked. `retryable` says whether the same call may work later. */
export class StoreError extends MeshError {
  override readonly name = "StoreError";
  readonly retryable: boolean;
  constructor(
    code: string,
    message: string,
    options: { readonly retryable: boolean; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.retryable = options.retryable;
  }
}

/** The code of an error of ours, or of a driver's; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  if (error instanceof MeshError) return error.code;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** What an error is called, to be shown and alerted on: its code, else its name. Never what it says. */
export function nameOf(error: unknown): string {
  return codeOf(error) ?? (error instanceof Error ? error.name : "unknown");
}
