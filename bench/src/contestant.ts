/** What a contestant of an end-to-end comparison is: the two ends of one pipe, each run in a process of its own. */
import { data, event, type } from "./sample.js";

/** Where and how a run takes place. */
export interface Site {
  readonly url: string;
  /** Of this run alone; queues, streams and namespaces are named after it. */
  readonly name: string;
  readonly ordering: "key" | "none";
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
