/** Instances that are in memory, since their steps are under way here. */
import type { Execution } from "./execution.js";
import type { InstanceRecord } from "./records.js";

/** An instance that is in memory: as its journal is up to `record.length`. */
export interface Hot {
  readonly record: InstanceRecord;
  readonly execution: Execution;
}

/** The same, or without what was in memory: that is ahead of what is stored, or may be; or its code does not fit. */
export interface Kept {
  readonly record: InstanceRecord;
  readonly execution: Execution | undefined;
}

/** Whether what is in memory is what is stored. */
export function fits(
  hot: InstanceRecord,
  { run, epoch, length, owner }: InstanceRecord,
  me: string,
): boolean {
  return owner === me && hot.run === run && hot.epoch === epoch && hot.length === length;
}

/** How far instances had come when they were seen last: the answers to two commits may come in another order than these. */
export class Latest {
  readonly #seen: Map<string, { readonly run: number; readonly length: number; readonly at: number }> =
    new Map();

  /** Takes note of a state. Returns whether it is older than one that was seen before. */
  isOlder({ key, run, length }: InstanceRecord, now: number): boolean {
    const seen = this.#seen.get(key);
    const isOlder = seen !== undefined && (run < seen.run || (run === seen.run && length < seen.length));
    if (!isOlder) this.#seen.set(key, { run, length, at: now });
    return isOlder;
  }

  /** Forgets what was seen before a time. */
  forget(before: number): void {
    for (const [key, { at }] of this.#seen) if (at < before) this.#seen.delete(key);
  }
}
