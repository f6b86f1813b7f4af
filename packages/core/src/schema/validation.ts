/** What every validator of this folder answers, whatever it was made from. */

/** One reason why something is not valid. Carries names and the schema's own words, never a value of the payload. */
export interface Issue {
  /** JSON pointer into the event: "/data/digest", "/severitynumber", "/data" for the data as a whole. */
  readonly path: string;
  readonly reason: string;
}

export type ValidationResult<Data = unknown> = Valid<Data> | Invalid;

export interface Valid<Data> {
  readonly ok: true;
  /** The data as handlers get it: as it was, or what a transforming schema made of it. */
  readonly data: Data;
}

export interface Invalid {
  readonly ok: false;
  /** At least one, at most ten. */
  readonly issues: readonly Issue[];
  /** What was thrown, where a validator or an upcast threw. May hold payload: not for logs. */
  readonly cause?: unknown;
}

/** A validator that exists already, such as generated code. Issue paths begin with "/data". Must not throw. */
export interface Validator<Data = unknown> {
  validate(data: unknown): ValidationResult<Data>;
}

export const maxIssues = 10;
const maxTextLength = 300;

/** One reason at one place. */
export function invalid(path: string, reason: string, cause?: unknown): Invalid {
  const issues = [{ path, reason }];
  return cause === undefined ? { ok: false, issues } : { ok: false, issues, cause };
}

/**
 * Text that is fit for messages. Pointers, and the reasons of some libraries, hold property names of the payload,
 * which may be long or hold control characters.
 */
export function safeText(text: string): string {
  const printable = text.replace(
    /[\p{Cc}\p{Surrogate}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return printable.length > maxTextLength ? `${printable.slice(0, maxTextLength)}…` : printable;
}

/** One step of a JSON pointer (RFC 6901, section 3). */
export function pointerStep(key: PropertyKey): string {
  return `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
