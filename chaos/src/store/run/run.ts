/**
 * A run on a store: writers, relays and handlers under load, a storm of faults, then calm: everyone still works, nothing is
 * left on its way, and what is in the database and on the broker is judged.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readLedgers } from "../../ledger.js";
import { endAll, rollCall } from "../../run/calm.js";
import { type Post, startMember, throughPort } from "../../run/crew.js";
import { startFleet } from "../../run/fleet.js";
import { type Struck, storm } from "../../run/storm.js";
import { judgeStore, type StoreVerdict } from "../judge/judge.js";
import type { Ended } from "../ledger.js";
import { openService } from "../service/open.js";
import { type StoreName, type StoreRole, type StoreWorkerSettings, storeRoles } from "../settings.js";
import { observe } from "./remains.js";
import { openStoreSite, type StoreSite } from "./site.js";
import { storeStrikes } from "./strikes.js";

export interface StoreChaosOptions {
  readonly store: StoreName;
  /** How long the storm lasts, in milliseconds; starting and draining come on top. */
  readonly durationMs: number;
  readonly faults: number;
  /** Names of faults, such as "postgres kill": these alone. */
  readonly only?: readonly string[];
  readonly seed: number;
  /** How long a silent relay or member keeps what it holds, in milliseconds. Default 2000: long against a busy machine's stalls, short against the run. */
  readonly leaseMs?: number;
  /** How many processes of each role. Default 3: one relay more than share the work. */
  readonly processes?: number;
  /** Keeps the ledgers, to look into. */
  readonly keep?: boolean;
  readonly log?: (line: string) => void;
}

export interface StoreResult extends StoreVerdict {
  readonly store: StoreName;
  readonly seed: number;
  readonly durationMs: number;
  readonly faults: readonly Struck[];
  /** How many processes left in good order. */
  readonly left: number;
  /** What did not go on, end, or become empty, what was given up, and who ended by himself. */
  readonly stuck: readonly string[];
}

/** @throws when a server cannot be started, or a process ends before it is ready */
export async function runStoreChaos(options: StoreChaosOptions): Promise<StoreResult> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-chaos-"));
  try {
    await using site = await openStoreSite(options.store, folder);
    return await run(site, folder, options);
  } finally {
    if (options.keep) options.log?.(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

async function run(site: StoreSite, folder: string, options: StoreChaosOptions): Promise<StoreResult> {
  const { store, seed, durationMs, faults, only, leaseMs = 2_000, processes = 3 } = options;
  const log = options.log ?? (() => undefined);
  await migrate(site, leaseMs);
  await using fleet = await startFleet<StoreRole>({
    // Every group exists before anything is published.
    crew: (["handler", "relay", "writer"] as const).map((role) => [role, processes]),
    start: (role, name) => startMember(postOf(site, { role, name, folder, seed, store, leaseMs })),
  });
  const strikes = storeStrikes(store, only);
  const turning = storeRoles;
  const { struck, left, stuck } = await storm(
    { fleet, servers: site.servers },
    { durationMs, faults, strikes, turning, seed, leaseMs, log },
  );
  const lazy = await rollCall(fleet);
  const hung = await endAll(fleet, "writer");
  await using observer = await observe(site);
  const remains = await observer.drained();
  const lingering = [...(await endAll(fleet, "relay")), ...(await endAll(fleet, "handler"))];
  const ended = [...readLedgers<Ended>(folder)].flatMap(({ entries }) => entries);
  const verdict = judgeStore({ ...(await observer.records()), stored: await observer.stored(), ended });
  return {
    ...verdict,
    store,
    seed,
    durationMs,
    faults: struck,
    left,
    stuck: [
      ...stuck,
      ...lazy,
      ...hung,
      ...remains,
      ...lingering,
      ...(await observer.givenUp()),
      ...fleet.fallen(),
    ],
  };
}

async function migrate({ store, database }: StoreSite, leaseMs: number): Promise<void> {
  const service = await openService(store, database, leaseMs);
  try {
    await service.migrate();
  } finally {
    await service.store.close();
    await service.close();
  }
}

function postOf(
  { database, broker, server }: StoreSite,
  settings: Omit<StoreWorkerSettings, "database" | "broker">,
): Post<StoreRole> {
  const { role, name } = settings;
  return {
    role,
    name,
    program: fileURLToPath(new URL(`../worker/${role}.ts`, import.meta.url)),
    server,
    settings: (port): StoreWorkerSettings => ({
      ...settings,
      database: throughPort(database, port),
      broker,
    }),
  };
}
