/** The storm: faults at seeded random times, and beside them processes that leave while others join. */
import type { Server } from "@meshwright/testing";
import type { Fault } from "../history.js";
import { seeded, seedOf } from "../random.js";
import { nowMs } from "../time.js";
import type { Fleet } from "./fleet.js";
import { leave } from "./leave.js";
import { atRandomTimes, shuffledBag } from "./schedule.js";
import type { Chance, MemberStrike, ServerStrike, Strike } from "./strikes.js";

/** What a storm works on. */
export interface Field<Role extends string> {
  readonly fleet: Fleet<Role>;
  /** By the names that strikes call them. */
  readonly servers: Readonly<Record<string, Server>>;
}

export interface StormOptions<Role extends string> {
  readonly durationMs: number;
  readonly faults: number;
  /** What may happen. All of it happens once before any of it does again. */
  readonly strikes: readonly Strike<Role>[];
  /** Whose processes leave in good order now and then. */
  readonly turning: readonly Role[];
  readonly seed: number;
  readonly leaseMs: number;
  readonly log: (line: string) => void;
}

/** A fault as it was carried out. */
export interface Struck extends Fault {
  /** Whether it explains a duplicate. */
  readonly explains: boolean;
}

export interface StormReport {
  readonly struck: readonly Struck[];
  /** How many processes left in good order, each replaced by a new one. */
  readonly left: number;
  /** Who did not leave when asked. */
  readonly stuck: readonly string[];
}

/** The field, and what was done so far. */
interface Scene<Role extends string> extends Field<Role> {
  readonly chance: Chance;
  readonly struck: Struck[];
  readonly stuck: string[];
  readonly log: (line: string) => void;
}

/** Rages until all faults are over and every process is at work again. */
export async function storm<Role extends string>(
  field: Field<Role>,
  options: StormOptions<Role>,
): Promise<StormReport> {
  const { seed, leaseMs, durationMs, faults, strikes, log } = options;
  const chance: Chance = { random: seeded(seed), leaseMs };
  const scene: Scene<Role> = { ...field, chance, struck: [], stuck: [], log };
  const draw = shuffledBag(strikes, chance.random);
  let serversFree: Promise<void> = Promise.resolve();
  const strikeNext = (): Promise<void> => {
    const next = draw();
    if (next.whom === "member") return strikeMember(scene, next);
    serversFree = serversFree.then(() => strikeServer(scene, next));
    return serversFree;
  };
  const turns = Math.ceil(faults / 4);
  const turning = seeded(seedOf(`${seed} turnover`));
  const leaving = shuffledBag(options.turning, turning);
  await Promise.all([
    atRandomTimes(faults, durationMs, chance.random, strikeNext),
    atRandomTimes(turns, durationMs, turning, () => turnOver(scene, leaving(), turning)),
  ]);
  return { struck: scene.struck, left: turns, stuck: scene.stuck };
}

async function strikeMember<Role extends string>(
  scene: Scene<Role>,
  strike: MemberStrike<Role>,
): Promise<void> {
  const { fleet, chance } = scene;
  const member = await fleet.take(strike.on, chance.random);
  const from = nowMs();
  await strike.strike(member, chance);
  note(scene, strike, member.name, from);
  if (strike.deadly) await fleet.replace(member);
  else fleet.free(member);
}

async function strikeServer(
  scene: Pick<Scene<string>, "servers" | "chance" | "struck" | "log">,
  strike: ServerStrike,
): Promise<void> {
  const server = scene.servers[strike.on];
  if (server === undefined) return;
  const from = nowMs();
  await strike.strike(server, scene.chance);
  note(scene, strike, "everyone", from);
}

/** One leaves in good order, which is no fault, and another one joins. */
async function turnOver<Role extends string>(
  scene: Scene<Role>,
  role: Role,
  random: () => number,
): Promise<void> {
  const { fleet, stuck, struck, log } = scene;
  const member = await fleet.take(role, random);
  const from = nowMs();
  if (await leave(member)) log(`${member.name} left`);
  else {
    stuck.push(`${member.name} did not leave when it was asked to`);
    struck.push({ kind: "forced end", target: member.name, from, to: nowMs(), explains: true });
  }
  await fleet.replace(member);
}

function note(
  { struck, log }: Pick<Scene<string>, "struck" | "log">,
  { on, kind, explains }: Strike,
  target: string,
  from: number,
): void {
  const to = nowMs();
  struck.push({ kind: `${on} ${kind}`, target, from, to, explains });
  log(`${on} ${kind}: ${target}, ${(to - from).toFixed(0)} ms`);
}
