/** A process that has a saga: a mesh whose store, broker, clock and steps end with it. */
import {
  type Catalog,
  createMesh,
  type Logger,
  type MemoryDatabase,
  type MemoryRows,
  type MemoryServer,
  type Mesh,
  memoryBroker,
  memoryStore,
  type Run,
  type Saga,
  type StepContext,
  type StepOptions,
  type Store,
  type Transaction,
  type TransactionOptions,
} from "@meshwright/core";
import type { VirtualClock } from "../clock/virtual-clock.js";
import { Life, never } from "./life.js";
import type { CrashPoint, StepAttempt } from "./options.js";

/** The shortest that a mesh takes, so that a takeover moves the clock by little. */
const leaseMs = 5_000;
/** What a dead process had is another's by then. */
export const takeoverMs = 6_000;
/** Long, so that weeks are skipped in no time; the timers of instances fire by themselves. */
const pollMs = 30_000;

/** What all processes of a test share. */
export interface Site {
  readonly sagas: readonly Saga[];
  readonly catalog: Catalog;
  readonly service: string;
  readonly logger: Logger;
  readonly clock: VirtualClock;
  readonly server: MemoryServer;
  readonly database: MemoryDatabase;
  readonly steps: StepAttempt[];
  transactions: number;
}

export interface SagaProcess {
  readonly life: Life;
  readonly mesh: Mesh;
  /** Steps that are under way. */
  readonly active: ReadonlySet<object>;
}

type Work<T> = (tx: Transaction<MemoryRows>) => Promise<T>;

/** Starts a process, which crashes there. */
export async function startProcess(site: Site, crash: CrashPoint | undefined): Promise<SagaProcess> {
  const { sagas, catalog, service, logger, clock, server } = site;
  const life = new Life();
  const active = new Set<object>();
  const connection = memoryBroker({ server, leaseMs });
  const die = (): void => {
    life.end();
    connection.crash();
  };
  const mesh = createMesh({
    service,
    catalog,
    logger,
    broker: life.link(connection, false),
    store: mortalStore(site, { life, crash, die }),
    clock: life.clock(clock),
    sagas: { lease: leaseMs, poll: pollMs },
    // The harness does that: a relay has timers that never rest.
    relay: false,
  });
  for (const saga of sagas) mesh.saga(watched(saga, { life, active, steps: site.steps }));
  await mesh.start();
  return { life, mesh, active };
}

interface Mortal {
  readonly life: Life;
  readonly crash: CrashPoint | undefined;
  die(): void;
}

function mortalStore(site: Site, { life, crash, die }: Mortal): Store<MemoryRows> {
  const inner = memoryStore({ database: site.database });
  const run = async <T>(work: Work<T>, tx: Transaction<MemoryRows>): Promise<T> => {
    // It waited for its turn, which came too late.
    if (life.isDead) throw new Error("dead");
    const result = await work({ ...tx, store });
    site.transactions += 1;
    if (site.transactions !== crash?.at) return result;
    die();
    if (crash.when === "before-commit") throw new Error("dead");
    return result;
  };
  const transaction = <T>(work: Work<T>, options?: TransactionOptions): Promise<T> => {
    if (life.isDead) return never();
    life.activity += 1;
    life.pending += 1;
    const done = inner.transaction((tx) => run(work, tx), options);
    return life.hear(
      done.finally(() => {
        life.pending -= 1;
      }),
    );
  };
  const store: Store<MemoryRows> = life.link(inner, true, { transaction });
  return store;
}

interface Watch {
  readonly life: Life;
  readonly active: Set<object>;
  readonly steps: StepAttempt[];
}

type StepWork = (context: StepContext) => unknown;

function watched(saga: Saga, watch: Watch): Saga {
  return { ...saga, body: (run, start) => saga.body(watchedRun(run, watch), start) };
}

function watchedRun<R extends Run<never>>(run: R, watch: Watch): R {
  const step = (name: string, work: StepWork, options: StepOptions = {}): Promise<unknown> => {
    const of = (what: string, done: StepWork): StepWork =>
      watchedWork(watch, { key: run.key, name: what }, done);
    const { compensate } = options;
    const undo = compensate && { compensate: of(`${name}: compensate`, compensate) };
    return run.step(name, of(name, work), { ...options, ...undo });
  };
  return { ...run, step };
}

function watchedWork(
  { life, active, steps }: Watch,
  whose: { readonly key: string; readonly name: string },
  work: StepWork,
): StepWork {
  return async (context) => {
    if (life.isDead) return never();
    const { attempt, idempotencyKey, signal } = context;
    steps.push({ ...whose, attempt, idempotencyKey });
    const token = {};
    active.add(token);
    const end = (): void => {
      active.delete(token);
      life.activity += 1;
    };
    // The engine waits no longer for a step that it has aborted.
    signal.addEventListener("abort", end, { once: true });
    try {
      return await work(context);
    } finally {
      end();
    }
  };
}
