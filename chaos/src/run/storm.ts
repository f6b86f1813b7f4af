/** The storm: faults at seeded random times, and beside them consumers that leave while others join. */
import type { Fault } from "../history.js";
import { seeded, seedOf } from "../random.js";
import type { Site } from "../targets/site.js";
import { nowMs } from "../time.js";
import type { Fleet } from "./fleet.js";
import { leave } from "./leave.js";
import { atRandomTimes, shuffledBag } from "./schedule.js";
import {
  type Chance,
  type MemberStrike,
  memberStrikes,
  type ServerStrike,
  serverStrikes,
} from "./strikes.js";

export interface StormOptions {
  readonly durationMs: number;
  readonly faults: number;
  readonly seed: number;
  readonly leaseMs: number;
  /** Faults of this kind alone, such as "kill"; all kinds if not given. */
  readonly only?: string;
  readonly log: (line: string) => void;
}

/** A fault as it was carried out. */
export interface Struck extends Fault {
  /** Whether it explains a duplicate. */
  readonly explains: boolean;
}

export interface StormReport {
  readonly struck: readonly Struck[];
  /** How many consumers left in good order, each replaced by a new one. */
  readonly left: number;
  /** Who did not leave when asked. */
  readonly stuck: readonly string[];
}

/** What a storm works on, and what it has done so far. */
interface Scene {
  readonly site: Site;
  readonly fleet: Fleet;
  readonly chance: Chance;
  readonly struck: Struck[];
  readonly stuck: string[];
  readonly log: (line: string) => void;
}

/** Rages until all faults are over and every process is at work again. */
export async function storm(site: Site, fleet: Fleet, options: StormOptions): Promise<StormReport> {
  const { seed, leaseMs, durationMs, faults, only, log } = options;
  const chance: Chance = { random: seeded(seed), leaseMs };
  const scene: Scene = { site, fleet, chance, struck: [], stuck: [], log };
  const possible: readonly (MemberStrike | ServerStrike)[] =
    site.server === undefined
      ? memberStrikes.filter(({ network }) => !network)
      : [...memberStrikes, ...serverStrikes];
  const draw = shuffledBag(
    possible.filter(({ kind }) => only === undefined || kind === only),
    chance.random,
  );
  let serverFree: Promise<void> = Promise.resolve();
  const strikeNext = (): Promise<void> => {
    const next = draw();
    if (next.on !== "server") return strikeMember(scene, next);
    serverFree = serverFree.then(() => strikeServer(scene, next));
    return serverFree;
  };
  const turns = Math.ceil(faults / 4);
  const turning = seeded(seedOf(`${seed} turnover`));
  await Promise.all([
    atRandomTimes(faults, durationMs, chance.random, strikeNext),
    atRandomTimes(turns, durationMs, turning, () => turnOver(scene, turning)),
  ]);
  return { struck: scene.struck, left: turns, stuck: scene.stuck };
}

async function strikeMember(scene: Scene, strike: MemberStrike): Promise<void> {
  const { fleet, chance } = scene;
  const member = await fleet.take(strike.on, chance.random);
  const from = nowMs();
  await strike.strike(member, chance);
  note(scene, strike, member.name, from);
  if (strike.deadly) await fleet.replace(member);
  else fleet.free(member);
}

async function strikeServer(scene: Scene, strike: ServerStrike): Promise<void> {
  const { server } = scene.site;
  if (server === undefined) return;
  const from = nowMs();
  await strike.strike(server, scene.chance);
  note(scene, strike, "everyone", from);
}

/** One leaves in good order, which is no fault, and another one joins. */
async function turnOver(scene: Scene, random: () => number): Promise<void> {
  const { fleet, stuck, struck, log } = scene;
  const member = await fleet.take("consumer", random);
  const from = nowMs();
  if (await leave(member)) log(`${member.name} left`);
  else {
    stuck.push(`${member.name} did not leave when it was asked to`);
    struck.push({ kind: "forced end", target: member.name, from, to: nowMs(), explains: true });
  }
  await fleet.replace(member);
}

function note(
  { struck, log }: Scene,
  { on, kind, explains }: MemberStrike | ServerStrike,
  target: string,
  from: number,
): void {
  const to = nowMs();
  struck.push({ kind: `${on} ${kind}`, target, from, to, explains });
  log(`${on} ${kind}: ${target}, ${(to - from).toFixed(0)} ms`);
}
