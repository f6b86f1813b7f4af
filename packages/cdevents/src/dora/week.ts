/** ISO 8601 weeks, in UTC: from Monday to Sunday, numbered within the year that has their Thursday. */
import { ConfigurationError } from "@meshwright/core";

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
/** 1970-01-05, the first Monday of the epoch. */
const firstMonday = 4 * dayMs;

/**
 * The week of a time.
 *
 * @param ms - milliseconds since the epoch
 * @example weekOf(Date.UTC(2027, 0, 1)) // "2026-W53"
 */
export function weekOf(ms: number): string {
  const thursday = mondayBefore(ms) + 3 * dayMs;
  const year = new Date(thursday).getUTCFullYear();
  const days = (thursday - Date.UTC(year, 0, 1)) / dayMs;
  return weekName(year, 1 + Math.floor(days / 7));
}

/** When a week begins, in milliseconds since the epoch. */
export function beginningOf(week: string): number {
  // 4 January is always in week 01.
  const first = mondayBefore(Date.UTC(Number(week.slice(0, 4)), 0, 4));
  return first + (Number(week.slice(6)) - 1) * weekMs;
}

/** The week after. */
export function nextWeek(week: string): string {
  return weekOf(beginningOf(week) + weekMs);
}

/**
 * Checks a week that somebody has written.
 *
 * @throws ConfigurationError `WEEK_INVALID`
 */
export function requireWeek(week: string, option: string): void {
  const right = /^\d{4}-W\d{2}$/.test(week) && weekOf(beginningOf(week)) === week;
  if (right) return;
  throw new ConfigurationError(
    "WEEK_INVALID",
    `${option}: "${week}" is no ISO week. Write it as "2026-W14", with a week that the year has.`,
  );
}

function mondayBefore(ms: number): number {
  return Math.floor((ms - firstMonday) / weekMs) * weekMs + firstMonday;
}

function weekName(year: number, week: number): string {
  return `${String(year).padStart(4, "0")}-W${String(week).padStart(2, "0")}`;
}
