/**
 * A run on one broker: processes under load, a storm of faults, then calm: everyone still works, nothing is left, and
 * the ledgers are judged.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { groups } from "../groups.js";
import { type Fault, historyOf } from "../history.js";
import { faultsOf } from "../judge/faults.js";
import { judge, type Verdict } from "../judge/judge.js";
import { readLedgers } from "../ledger.js";
import { aftermathMs, type BrokerName, isPlainQueue, lostBeforeMs } from "../targets/brokers.js";
import { openSite, type Site } from "../targets/site.js";
import type { Role, WorkerSettings } from "../worker/settings.js";
import { endAll, rollCall } from "./calm.js";
import { type Post, startMember, throughPort } from "./crew.js";
import { explanations } from "./explanations.js";
import { startFleet } from "./fleet.js";
import { observe } from "./observe.js";
import { storm } from "./storm.js";
import { type Strike, strikesOn, strikesOnServer } from "./strikes.js";

export interface ChaosOptions {
  readonly broker: BrokerName;
  /** How long the storm lasts, in milliseconds; starting and draining come on top. */
  readonly durationMs: number;
  readonly faults: number;
  /** Faults of this kind alone. */
  readonly only?: string;
  readonly seed: number;
  /** How long a silent process keeps what it holds, in milliseconds. Default 2000: long against a busy machine's stalls, short against the run. */
  readonly leaseMs?: number;
  /** Processes; default 2 and 3. */
  readonly publishers?: number;
  readonly consumers?: number;
  /** Keeps the ledgers, to look into. */
  readonly keep?: boolean;
  readonly log?: (line: string) => void;
}

export interface ChaosResult {
  readonly broker: BrokerName;
  readonly seed: number;
  readonly durationMs: number;
  readonly faults: readonly Fault[];
  /** How often a process stood still because the machine was busy, or because it was paused. */
  readonly stalls: number;
  /** How many consumers left in good order. */
  readonly left: number;
  readonly verdicts: readonly Verdict[];
  /** What did not go on, end, or become empty, and who ended by himself. */
  readonly stuck: readonly string[];
}

/** @throws when the server cannot be started, or a process ends before it is ready */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-chaos-"));
  try {
    await using site = await openSite(options.broker, folder);
    return await run(site, folder, options);
  } finally {
    if (options.keep) options.log?.(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

async function run(site: Site, folder: string, options: ChaosOptions): Promise<ChaosResult> {
  const { broker, seed, durationMs, leaseMs = 2_000, publishers = 2, consumers = 3 } = options;
  const log = options.log ?? (() => undefined);
  const { server } = site;
  await using fleet = await startFleet<Role>({
    // Every group exists before anything is published.
    crew: [
      ["consumer", consumers],
      ["publisher", publishers],
    ],
    start: (role, name) => startMember(postOf(site, { role, name, folder, seed, leaseMs })),
  });
  const { struck, left, stuck } = await storm(
    { fleet, servers: server === undefined ? {} : { server } },
    { ...options, strikes: strikesAt(site, options.only), turning: ["consumer"], leaseMs, log },
  );
  if (options.keep) await writeFile(join(folder, "faults.json"), JSON.stringify(struck));
  const lazy = await rollCall(fleet);
  const hung = await endAll(fleet, "publisher");
  const remains = await observe({ site, folder });
  const lingering = await endAll(fleet, "consumer");
  const { stalls, leaves, ...history } = historyOf(readLedgers(folder));
  const embedded = site.server === undefined;
  const earlier = lostBeforeMs(broker);
  const explained = explanations({ struck, stalls, embedded }, history.confirmed).map((fault) =>
    fault.target === "everyone" ? { ...fault, from: fault.from - earlier } : fault,
  );
  const aftermath = aftermathMs(broker, leaseMs);
  const faults = faultsOf(explained, aftermath, consumers);
  return {
    broker,
    seed,
    durationMs,
    left,
    faults: struck,
    stalls: stalls.length,
    verdicts: groups.map((group) =>
      judge({
        group,
        confirmed: history.confirmed,
        attempts: history.attempts.get(group.name) ?? [],
        faults,
        ...(isPlainQueue(broker, group) && { leaves: faultsOf(leaves, aftermath), movesRetries: true }),
        shelf: remains.shelves.get(group.name) ?? [],
      }),
    ),
    stuck: [...stuck, ...lazy, ...hung, ...remains.left, ...lingering, ...fleet.fallen()],
  };
}

/** Without a server there is no network either. */
function strikesAt({ server }: Site, only: string | undefined): readonly Strike<Role>[] {
  const onMembers = (["consumer", "publisher"] as const).flatMap(strikesOn);
  const all =
    server === undefined
      ? onMembers.filter(({ network }) => !network)
      : [...onMembers, ...strikesOnServer("server")];
  return all.filter(({ kind }) => only === undefined || kind === only);
}

function postOf(
  { broker, address, server }: Site,
  settings: Omit<WorkerSettings, "broker" | "address">,
): Post<Role> {
  const { role, name } = settings;
  return {
    role,
    name,
    program: fileURLToPath(new URL(`../worker/${role}.ts`, import.meta.url)),
    server,
    settings: (port): WorkerSettings => ({ ...settings, broker, address: throughPort(address, port) }),
  };
}
