/**
 * A run of sagas on a store: a driver starts and answers them, processes that share the database do their work, a storm of faults
 * goes over these, then calm: everyone still works, every saga ends, and what is in the journals, in the ledgers and on the broker
 * is judged.
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
import { openStoreSite, type StoreSite } from "../../store/run/site.js";
import { openService } from "../../store/service/open.js";
import type { StoreName } from "../../store/settings.js";
import { judgeSagas, type SagaVerdict } from "../judge/judge.js";
import type { SagaEntry } from "../ledger.js";
import { otherLeaseMs, type SagaRole, type SagaWorkerSettings, sagaLeaseMs, sagaRole } from "../settings.js";
import { startDriver } from "./driver.js";
import { observe } from "./observe.js";
import { sagaStrikes } from "./strikes.js";

export interface SagaChaosOptions {
  readonly store: StoreName;
  /** How long the storm lasts, in milliseconds; starting and draining come on top. */
  readonly durationMs: number;
  readonly faults: number;
  /** Names of faults, such as "worker kill": these alone. */
  readonly only?: readonly string[];
  readonly seed: number;
  /** How many are started while the storm lasts. Default 1000. */
  readonly sagas?: number;
  /** How many share the work. Default 4. */
  readonly processes?: number;
  /** Keeps the ledgers, to look into. */
  readonly keep?: boolean;
  readonly log?: (line: string) => void;
}

export interface SagaResult extends SagaVerdict {
  readonly store: StoreName;
  readonly seed: number;
  readonly durationMs: number;
  readonly faults: readonly Struck[];
  /** How many processes left in good order. */
  readonly left: number;
  /** What did not go on, end, or become empty, what was given up, and who ended by himself. */
  readonly stuck: readonly string[];
}

/** What strikes last by: short ones stay within half of a lease, after which it is renewed, also on a busy machine; long ones do not. */
const strikeMs = 0.8 * sagaLeaseMs;

/** @throws when a server cannot be started, or a process ends before it is ready */
export async function runSagaChaos(options: SagaChaosOptions): Promise<SagaResult> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-chaos-"));
  try {
    await using site = await openStoreSite(options.store, folder);
    return await run(site, folder, options);
  } finally {
    if (options.keep) options.log?.(`kept: ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
}

async function run(site: StoreSite, folder: string, options: SagaChaosOptions): Promise<SagaResult> {
  const { store, seed, durationMs, faults, only, sagas = 1_000, processes = 4 } = options;
  const log = options.log ?? (() => undefined);
  await migrate(site);
  await using fleet = await startFleet<SagaRole>({
    crew: [[sagaRole, processes]],
    start: (role, name) => startMember(postOf(site, { role, name, folder, seed, store })),
  });
  // The saga's group is there now.
  await using driver = await startDriver({ broker: site.broker, seed, everyMs: durationMs / sagas });
  const strikes = sagaStrikes(store, only);
  const { struck, left, stuck } = await storm(
    { fleet, servers: site.servers },
    { durationMs, faults, strikes, turning: [sagaRole], seed, leaseMs: strikeMs, log },
  );
  const lazy = await rollCall(fleet);
  const names = await driver.finish();
  await using observer = await observe(site);
  const remains = await observer.drained(names);
  const lingering = await endAll(fleet, sagaRole);
  const verdict = judgeSagas({
    names,
    instances: await observer.instances(),
    told: await observer.told(),
    ledgers: [...readLedgers<SagaEntry>(folder)],
    // What befalls the broker interrupts no step.
    faults: struck.filter(({ kind, explains }) => explains && !kind.startsWith("redis ")),
    leaseMs: sagaLeaseMs,
  });
  return {
    ...verdict,
    store,
    seed,
    durationMs,
    faults: struck,
    left,
    stuck: [...stuck, ...lazy, ...remains, ...lingering, ...(await observer.givenUp()), ...fleet.fallen()],
  };
}

async function migrate({ store, database }: StoreSite): Promise<void> {
  const service = await openService(store, database, otherLeaseMs);
  try {
    await service.migrate();
  } finally {
    await service.store.close();
    await service.close();
  }
}

function postOf(
  { database, broker, server }: StoreSite,
  settings: Omit<SagaWorkerSettings, "database" | "broker">,
): Post<SagaRole> {
  const { role, name } = settings;
  return {
    role,
    name,
    program: fileURLToPath(new URL("../worker/worker.ts", import.meta.url)),
    server,
    settings: (port): SagaWorkerSettings => ({ ...settings, database: throughPort(database, port), broker }),
  };
}
