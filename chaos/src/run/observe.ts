/** What is left in the broker at the end, seen by a connection of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import {
  type GroupReport,
  isDeadLetterShelf,
  isInspector,
  silentLogger,
  systemClock,
} from "@meshwright/core/adapter";
import { brokerGroup, groups, namespace, service } from "../groups.js";
import { createBroker } from "../targets/brokers.js";
import type { Site } from "../targets/site.js";
import { nowMs } from "../time.js";

export interface Remains {
  /** Groups that did not become empty, and why that is known. */
  readonly left: readonly string[];
  /** The ids on the dead-letter shelf of each group. */
  readonly shelves: ReadonlyMap<string, readonly string[]>;
}

/** How long what is left may take. */
const drainMs = 60_000;

/** Waits until every group is empty, or the time is up; then reads the shelves. */
export async function observe({ broker: name, address }: Site, leaseMs: number): Promise<Remains> {
  const broker = await createBroker(name, address, leaseMs);
  if (!isInspector(broker) || !isDeadLetterShelf(broker))
    throw new Error(`${name} cannot say what is left in it.`);
  await broker.open({
    namespace,
    service,
    clock: systemClock,
    logger: silentLogger,
    report: () => undefined,
  });
  try {
    const left = await drained(() => broker.inspect(), drainMs);
    const shelves = new Map<string, string[]>();
    for (const group of groups) {
      const ids: string[] = [];
      for await (const batch of broker.deadLetters({ group: brokerGroup(group) }))
        ids.push(...batch.map(({ message }) => message.id));
      shelves.set(group.name, ids);
    }
    return { left, shelves };
  } finally {
    await broker.close();
  }
}

/** Waits until no group has anything left. @returns what is left when the time is up */
export async function drained(
  inspect: () => Promise<readonly GroupReport[]>,
  withinMs: number,
): Promise<string[]> {
  const until = nowMs() + withinMs;
  for (;;) {
    const reports = await inspect();
    const left = reports.filter(({ lag }) => lag > 0);
    if (reports.length >= groups.length && left.length === 0) return [];
    if (nowMs() > until)
      return (left.length > 0 ? left : reports).map(
        (report) => `not empty after ${withinMs / 1_000} s: ${JSON.stringify(report)}`,
      );
    await sleep(100);
  }
}
