/** What many groups or channels cost: to join, to publish and handle with all of them there, and while nothing happens. */
import { setTimeout as sleep } from "node:timers/promises";
import { connectionsTo, cpuMsOf, memoryOf, type Place } from "../place.js";
import { perSecond, printMarkdown } from "../table.js";
import { type Entrant, through, withPair } from "../two-processes.js";

export interface Crowd {
  readonly title: string;
  readonly place: () => Promise<Place>;
  /** Each is measured with each size; the first one is what the others are measured against. */
  readonly entrants: readonly Member[];
  readonly sizes: readonly { readonly channels: number; readonly groups: number }[];
  readonly note: string;
}

export interface Member extends Entrant {
  /** Larger sizes are left out, since they would take minutes. */
  readonly most?: number;
}

interface Cost {
  readonly startMs: number;
  readonly published: number;
  readonly handled: number;
  readonly clientCpu: number;
  readonly serverCpu: number;
  readonly clientBytes: number;
  readonly serverBytes: number;
  readonly connections: number;
}

const head = [
  "",
  "start",
  "published/s",
  "handled/s",
  "ratio",
  "idle: client CPU",
  "server CPU",
  "client memory",
  "server memory",
  "connections",
] as const;

export async function compareCrowds({ title, place, entrants, sizes, note }: Crowd): Promise<void> {
  const lines: string[][] = [];
  for (const size of sizes) {
    let first: Cost | undefined;
    for (const { most = Number.POSITIVE_INFINITY, ...entrant } of entrants) {
      if (Math.max(size.channels, size.groups) > most) continue;
      await using here = await place();
      const cost = await measureCost({ ...entrant, ...size }, here);
      first ??= cost;
      lines.push(line(`${sizeText(size)}: ${entrant.name}`, cost, cost.handled / first.handled));
    }
  }
  printMarkdown(
    title,
    [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...lines],
    `${note} Ratio: of what is handled. One run each.`,
  );
}

function sizeText({ channels, groups }: Crowd["sizes"][number]): string {
  return channels === 1 ? `${groups} groups` : `${channels} channels`;
}

function line(name: string, cost: Cost, ratio: number): string[] {
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  const memory = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return [
    name,
    `${(cost.startMs / 1_000).toFixed(1)} s`,
    perSecond(cost.published),
    perSecond(cost.handled),
    ratio.toFixed(2),
    percent(cost.clientCpu),
    percent(cost.serverCpu),
    memory(cost.clientBytes),
    memory(cost.serverBytes),
    String(cost.connections),
  ];
}

/** Few events for many groups: what is handled, not what is published, is about the same for all sizes. */
const handledInAll = 40_000;
const idleMs = 2_000;

function measureCost(entrant: Entrant, place: Place): Promise<Cost> {
  const { groups = 1 } = entrant;
  const count = Math.ceil(handledInAll / groups);
  const begun = performance.now();
  return withPair(entrant, place, async (pair) => {
    const startMs = performance.now() - begun;
    await through(pair, { kind: "flood", count: Math.ceil(count / 4) }, groups);
    const [first, last] = await through(pair, { kind: "flood", count }, groups);
    await sleep(1_000);
    const before = cpuMsOf(place.pid);
    const { cpuMs = Number.NaN, memoryBytes = Number.NaN } = await pair.consumer.ask({
      kind: "idle",
      ms: idleMs,
    });
    return {
      startMs,
      published: (count * 1_000) / (first.tookMs ?? Number.NaN),
      handled: (count * groups * 1_000) / ((last.atMs ?? Number.NaN) - (first.atMs ?? Number.NaN)),
      clientCpu: cpuMs / idleMs,
      serverCpu: (cpuMsOf(place.pid) - before) / idleMs,
      clientBytes: memoryBytes,
      serverBytes: memoryOf(place.pid),
      connections: connectionsTo(place.port),
    };
  });
}
