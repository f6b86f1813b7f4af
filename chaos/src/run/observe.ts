/** What is left at the end: in the broker, seen by a connection of its own; where it can't say, in the ledgers. */
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
import { Unhandled } from "./unhandled.js";

export interface Remains {
  /** Groups that did not become empty, and why that is known. */
  readonly left: readonly string[];
  /** The ids on the dead-letter shelf of each group. */
  readonly shelves: ReadonlyMap<string, readonly string[]>;
}

export interface Observed {
  readonly site: Site;
  /** Where the ledgers are. */
  readonly folder: string;
}

/** How long what is left may take. */
const drainMs = 60_000;

/** What this connection holds is not under test. */
const ownLeaseMs = 60_000;

/** Waits until every group is empty, or the time is up; then reads the shelves. */
export async function observe({ site, folder }: Observed): Promise<Remains> {
  const { broker: name, address } = site;
  const broker = await createBroker(name, address, ownLeaseMs);
  if (!isDeadLetterShelf(broker)) throw new Error(`${name} has no dead letters to compare with.`);
  await broker.open({
    namespace,
    service,
    clock: systemClock,
    logger: silentLogger,
    report: () => undefined,
  });
  try {
    const unhandled = new Unhandled(folder);
    const look = isInspector(broker) ? async () => notEmpty(await broker.inspect()) : () => unhandled.look();
    const left = await drained(look, drainMs);
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

/** Waits until nothing is left. @returns what is left when the time is up */
export async function drained(
  look: () => Promise<readonly string[]>,
  withinMs: number,
): Promise<readonly string[]> {
  const until = nowMs() + withinMs;
  for (;;) {
    const begin = nowMs();
    const left = await look();
    const now = nowMs();
    if (left.length === 0) return [];
    if (now > until) return left.map((what) => `after ${withinMs / 1_000} s: ${what}`);
    // Reading takes a processor that those who drain need.
    await sleep(Math.max(100, 5 * (now - begin)));
  }
}

/** By what the broker says of its groups. */
export function notEmpty(reports: readonly GroupReport[]): string[] {
  const missing = groups.length - reports.length;
  if (missing > 0) return [`${missing} groups do not exist`];
  return reports.filter(({ lag }) => lag > 0).map((report) => `not empty: ${JSON.stringify(report)}`);
}
