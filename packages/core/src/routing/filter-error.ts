import { MeshError } from "../errors/errors.js";

/**
 * A filter that cannot be right, found when it is compiled:
 * - `FILTER_INVALID`: it is not written as the language says, or could never match
 * - `FILTER_DIALECT_UNSUPPORTED`: it uses a dialect that is not supported
 * - `FILTER_TOO_COMPLEX`: it is nested too deep, too large, or multiplies out to too many branches
 *
 * Or one that failed at run time, and is passed to `onError`:
 * - `FILTER_PREDICATE_RESULT`: a predicate returned something else than a boolean
 */
export class FilterError extends MeshError {
  override readonly name = "FilterError";
  /** Where, as a JSON pointer into the filter ("/data/severity/0", "" for the whole). */
  readonly path: string;
  /** Why, in a few words. */
  readonly reason: string;

  constructor(code: FilterErrorCode, path: string, reason: string) {
    super(code, `Invalid filter at ${path === "" ? "its root" : path}: ${reason}`);
    this.path = path;
    this.reason = reason;
  }
}

export type FilterErrorCode =
  | "FILTER_INVALID"
  | "FILTER_DIALECT_UNSUPPORTED"
  | "FILTER_TOO_COMPLEX"
  | "FILTER_PREDICATE_RESULT";
