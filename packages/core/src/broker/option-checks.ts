import { ConfigurationError } from "../errors/errors.js";
import { type Duration, durationMs } from "../util/duration.js";

/** Checks of an adapter's options. Each throws a `ConfigurationError` that names the option. */
export interface OptionChecks {
  /** The error for an option that cannot be right; `reason` is a sentence without its full stop. */
  invalid(reason: string): ConfigurationError;
  /** Milliseconds of a duration longer than 0. */
  positive(value: Duration, name: string): number;
  /** A whole number of at least 1, or undefined where none was given. */
  count(value: number | undefined, name: string): number | undefined;
}

/**
 * @param adapter - the function the options are given to, for the message
 * @param code - of the errors
 * @example const { positive } = optionChecks("sqliteBroker", "SQLITE_OPTIONS_INVALID");
 */
export function optionChecks(adapter: string, code: string): OptionChecks {
  const invalid = (reason: string): ConfigurationError =>
    new ConfigurationError(code, `${adapter}: ${reason}.`);
  return {
    invalid,
    positive(value, name) {
      const ms = durationMs(value, name);
      if (ms > 0) return ms;
      throw invalid(`\`${name}\` must be longer than 0`);
    },
    count(value, name) {
      if (value === undefined || (Number.isInteger(value) && value >= 1)) return value;
      throw invalid(`\`${name}\` must be a whole number of at least 1`);
    },
  };
}
