/** When nothing may be changed. */

/** A time in which rollouts go no further. Rolling back is always allowed. */
export interface FreezeWindow {
  /** RFC 3339. */
  readonly from: string;
  /** RFC 3339, excluded. */
  readonly until: string;
}

/**
 * Asked before each step forward: until when nothing may be changed, in milliseconds since the epoch; undefined where
 * it may go on. It may ask a calendar elsewhere: the answer is kept, so it counts as it was when it was given.
 */
export type FreezeCalendar = (now: number) => number | undefined | Promise<number | undefined>;

/**
 * A calendar of fixed windows.
 *
 * @throws RangeError where a window has no end after its beginning
 * @example freezeWindows([{ from: "2026-12-24T12:00:00Z", until: "2026-12-27T06:00:00Z" }])
 */
export function freezeWindows(windows: readonly FreezeWindow[]): FreezeCalendar {
  const spans = windows.map(({ from, until }) => {
    const span = { from: Date.parse(from), until: Date.parse(until) };
    if (span.from < span.until) return span;
    throw new RangeError(`A freeze from ${from} until ${until} is no time.`);
  });
  return (now) => {
    const ends = spans.filter((span) => span.from <= now && now < span.until).map(({ until }) => until);
    return ends.length > 0 ? Math.max(...ends) : undefined;
  };
}
