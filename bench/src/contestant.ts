/** What a contestant of an end-to-end comparison is: the two ends of one pipe, each run in a process of its own. */
import { data, event, type } from "./sample.js";

/** Where and how a run takes place. */
export interface Site {
  readonly url: string;
  /** Of this run alone; queues, streams and namespaces are named after it. */
  readonly name: string;
  readonly ordering: "key" | "none";
  /** How many channels there are, and how many groups in each; those of an end-to-end run have one of each. */
  readonly channels: number;
  readonly groups: number;
}

/** The data of an event; one that latency is measured by says when it was sent. */
export interface RunData {
  readonly customData: { readonly sentAtMs?: number };
}

export interface Contestant {
  /** Joins, and calls `handled` with every event it takes, decoded. Resolves when nothing will be missed any more. */
  consume(site: Site, handled: (data: RunData) => void): Promise<End>;
  produce(site: Site): Promise<Producer>;
}

export interface Producer extends End {
  /** Publishes so many events as fast as it can. Resolves when all are confirmed. */
  flood(count: number): Promise<void>;
  /** Publishes one event, now. Resolves when it is confirmed. */
  send(sample: Sample): Promise<unknown>;
}

/** One end of the pipe. */
export interface End {
  close(): Promise<void>;
}

/** The data of the sample event as its schema has it. */
export type Sample = typeof data & RunData;

const keys = 500;
let published = 0;

/** The next ordering key: as many pipelines take turns. */
export function nextKey(): string {
  return `pipeline-${published++ % keys}`;
}

/** An event as users of clients without a format of their own write it. */
export function eventOf(sample: Sample): typeof event & { readonly data: RunData } {
  return { ...event, data: sample };
}

export { data as sample, type as eventType };

/** A name for each of so many channels or groups. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}

/** Deals batches out to channels in turn. */
export function dealer<T>(channels: readonly T[]): () => T {
  let turn = 0;
  return () => channels[turn++ % channels.length] as T;
}

/** How every contestant that publishes batches does it: of 256, and smaller ones to more than one channel. */
export function batchesFor(channels: number): { readonly size: number; readonly underWay: number } {
  return { size: channels === 1 ? 256 : 16, underWay: 4 };
}

/**
 * Sends `count` events in batches with so many batches under way: what every client needs to keep its server busy.
 *
 * @param send - resolves when that many are confirmed
 */
export async function inBatches(
  count: number,
  { size, underWay }: { readonly size: number; readonly underWay: number },
  send: (size: number) => Promise<unknown>,
): Promise<void> {
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      const now = Math.min(size, left);
      left -= now;
      await send(now);
    }
  };
  await Promise.all(Array.from({ length: underWay }, lane));
}
