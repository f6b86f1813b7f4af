import type { Confirmed, Fault } from "../history.js";
import type { Struck } from "./storm.js";

export interface Disturbances {
  readonly struck: readonly Struck[];
  /** What the processes saw of standing still, by our doing or the machine's. */
  readonly stalls: readonly Fault[];
  /** No server: the processes share a lock. */
  readonly embedded: boolean;
}

/**
 * The faults that explain why something is delivered twice. What is done to a publisher explains nothing, unless it
 * stood still while it held the lock of an embedded broker: then nobody's lease was renewed. Nor was anything confirmed,
 * by which we know.
 */
export function explanations(
  { struck, stalls, embedded }: Disturbances,
  confirmed: readonly Confirmed[],
): Fault[] {
  const own = [...struck.filter(({ explains }) => explains), ...stalls];
  const times = confirmed.map(({ at }) => at);
  const locked = (stall: Fault): boolean =>
    embedded && !times.some((at) => at > stall.from + settleMs && at < stall.to);
  const held = stalls.filter(locked).map((stall) => ({ ...stall, target: "everyone" }));
  return [...own.filter(({ target }) => !target.startsWith("publisher")), ...held];
}

/** What was committed before a process stood still may be written down so much later. */
const settleMs = 200;
