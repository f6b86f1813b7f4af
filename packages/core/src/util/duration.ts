import { ConfigurationError } from "../errors/errors.js";

/** Milliseconds, or a number with a unit: "250ms", "30s", "5m", "2h", "7d". */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration in milliseconds.
 *
 * @param value - the duration
 * @param name - the option it came from, for the error
 * @throws ConfigurationError `DURATION_INVALID` when it is negative, not finite or has no known unit
 * @example durationMs("30s", "timeout") // 30000
 */
export function durationMs(value: Duration | string, name: string): number {
  const ms = typeof value === "number" ? value : parse(value);
  if (Number.isFinite(ms) && ms >= 0) return ms;
  throw new ConfigurationError(
    "DURATION_INVALID",
    `${name}: "${value}" is no duration. Write milliseconds as a number, or a string such as "250ms", "30s", "5m", "2h", "7d".`,
  );
}

function parse(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  return match ? Number(match[1]) * (unitMs[match[2] ?? ""] ?? Number.NaN) : Number.NaN;
}
