/**
 * Tests of sagas: a saga on a store and a broker in memory, told of events, signals and time, at rest between two calls. Its
 * process (`process.ts`) may crash (`life.ts`); `every-crash.ts` has it crash everywhere. Imports the core's doors, the virtual
 * clock and `waiting`.
 */
import {
  type AnyEventDefinition,
  type Catalog,
  ConfigurationError,
  createMesh,
  type Duration,
  decode,
  type InputOf,
  type MemoryBroker,
  type MemoryRows,
  type Mesh,
  type MeshEvent,
  memoryBroker,
  memoryDatabase,
  memoryServer,
  memoryStore,
  type PublishOptionsFor,
  type Saga,
  type SagaHistory,
  type SagaInstance,
  type SagaOperations,
  type Store,
  silentLogger,
} from "@meshwright/core";
import { durationMs, type GroupReport, MeshError } from "@meshwright/core/adapter";
import { type VirtualClock, virtualClock } from "../clock/virtual-clock.js";
import { eventually } from "../waiting.js";
import type { CrashPoint, GivenOptions, SagaHarness, SagaHarnessOptions, StepAttempt } from "./options.js";
import { type SagaProcess, type Site, startProcess, takeoverMs } from "./process.js";
import { versionsOf } from "./versions.js";

/**
 * Runs a saga for a test: in memory, on a virtual clock. After every call it is at rest.
 *
 * @param saga - or all versions of one
 * @throws ConfigurationError `SAGA_VERSIONS_INVALID`; and as `mesh.saga` and `mesh.start`
 * @example
 * await using harness = await sagaHarness(rollout, { catalog });
 * await harness.given(artifactPublished, { digest: "sha256:1" });
 * await harness.skip("5m");
 * expect(await harness.instance("sha256:1")).toMatchObject({ state: "completed" });
 * expect(harness.published.map(({ type }) => type)).toEqual(["com.acme.release.finished.v1"]);
 */
export async function sagaHarness(
  saga: Saga | readonly Saga[],
  options: SagaHarnessOptions,
): Promise<SagaHarness> {
  return openHarness(saga, options);
}

/** The same, with what `everyCrash` needs beside it. */
export async function openHarness(
  saga: Saga | readonly Saga[],
  options: SagaHarnessOptions,
): Promise<Harness> {
  const { catalog, service = "sagas", clock = virtualClock(), logger = silentLogger } = options;
  const patienceMs = durationMs(options.patience ?? "100ms", "sagaHarness: patience");
  const sagas = versionsOf(saga);
  const site: Site = {
    sagas,
    catalog,
    service,
    logger,
    clock,
    server: memoryServer(),
    database: memoryDatabase(),
    steps: [],
    transactions: 0,
  };
  const crash = checkedCrash(options.crash);
  const outside = await openOutside(site);
  return new Harness(site, outside, { process: await startProcess(site, crash), patienceMs });
}

/** The world around the saga: who publishes, relays, and looks. */
interface Outside {
  readonly mesh: Mesh;
  readonly broker: MemoryBroker;
  readonly store: Store<MemoryRows>;
}

async function openOutside({ catalog, clock, server, database }: Site): Promise<Outside> {
  const broker = memoryBroker({ server });
  const store = memoryStore({ database });
  const mesh: Mesh = createMesh<Catalog, MemoryRows>({
    service: "given",
    catalog,
    broker,
    store,
    clock,
    relay: false,
  });
  // The first to connect: the server's time is this one's, which does not die.
  await mesh.start();
  return { mesh, broker, store };
}

const relayedAtOnce = 1_000;
/** How far time is moved, at most, for what holds a delivery and waits for the clock. */
const longestMoveMs = 60_000;

export class Harness implements SagaHarness {
  /** All that was published since the beginning. */
  readonly all: MeshEvent[] = [];
  readonly #site: Site;
  readonly #outside: Outside;
  readonly #patienceMs: number;
  #process: SagaProcess;
  #hasCrashed = false;
  #settling: Promise<void> | undefined;
  #given = 0;
  /** Where `published` begins. */
  #since = 0;
  /** Steps that were waited for in vain. */
  readonly #slow: WeakSet<object> = new WeakSet();

  constructor(
    site: Site,
    outside: Outside,
    { process, patienceMs }: { readonly process: SagaProcess; readonly patienceMs: number },
  ) {
    this.#site = site;
    this.#outside = outside;
    this.#process = process;
    this.#patienceMs = patienceMs;
  }

  get clock(): VirtualClock {
    return this.#site.clock;
  }

  get published(): readonly MeshEvent[] {
    return this.all.slice(this.#since);
  }

  get steps(): readonly StepAttempt[] {
    return this.#site.steps;
  }

  get transactions(): number {
    return this.#site.transactions;
  }

  get hasCrashed(): boolean {
    return this.#hasCrashed;
  }

  get #name(): string {
    return this.#site.sagas[0]?.name ?? "";
  }

  async given<Definition extends AnyEventDefinition>(
    { type }: Definition,
    data: InputOf<Catalog<Definition>, Definition["type"]>,
    options?: GivenOptions<Definition>,
  ): Promise<MeshEvent> {
    // The same whenever the test runs again, for sagas that use it.
    const id = `given-${++this.#given}`;
    const event = await this.#outside.mesh.publish(type, data, { id, ...options } as PublishOptionsFor<
      Catalog,
      string
    >);
    await this.#settle();
    return event;
  }

  when<Definition extends AnyEventDefinition>(
    definition: Definition,
    data: InputOf<Catalog<Definition>, Definition["type"]>,
    options?: GivenOptions<Definition>,
  ): Promise<MeshEvent> {
    this.#since = this.all.length;
    return this.given(definition, data, options);
  }

  async skip(by: Duration): Promise<void> {
    const { clock } = this;
    let until = clock.now() + durationMs(by, "skip");
    for (;;) {
      const before = clock.now();
      await this.#settle();
      until += clock.now() - before;
      if ((clock.nextAt ?? Number.POSITIVE_INFINITY) > until) break;
      await clock.next();
    }
    await clock.advance(Math.max(0, until - clock.now()));
    await this.#settle();
  }

  signal(key: string, name: string, value?: unknown): Promise<boolean> {
    return this.#tell(key, (sagas) => sagas.signal(this.#name, key, name, value));
  }

  cancel(key: string, reason?: string): Promise<boolean> {
    return this.#tell(key, (sagas) => sagas.cancel(this.#name, key, reason));
  }

  instance(key: string): Promise<SagaHistory | undefined> {
    return this.#outside.mesh.sagas.get(this.#name, key);
  }

  instances(): Promise<readonly SagaInstance[]> {
    return this.#outside.mesh.sagas.list({ name: this.#name, limit: Number.MAX_SAFE_INTEGER });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { life, mesh } = this.#process;
    // One that is dead does not answer.
    if (!life.isDead) await mesh.stop({ timeout: 0 });
    await this.#outside.mesh.stop({ timeout: 0 });
  }

  /** Who told it of something tells it again where the process has died and left no trace of it. */
  async #tell(key: string, tell: (sagas: SagaOperations) => Promise<boolean>): Promise<boolean> {
    const before = await this.#stored(key);
    const { mesh, life } = this.#process;
    const answer = await Promise.race([tell(mesh.sagas), life.died]);
    const isStored = answer !== undefined || (await this.#stored(key)) !== before;
    await this.#settle();
    if (answer !== undefined) return answer;
    return isStored || this.#tell(key, tell);
  }

  /** In a transaction, so that one that has come to its commit has committed. */
  #stored(key: string): Promise<string | undefined> {
    const [collection, instance] = [`saga.${this.#name}`, `instance ${key}`];
    return this.#outside.store.transaction(async (tx) =>
      (await tx.documents.read(collection, [instance])).get(instance),
    );
  }

  /** One at a time, however many events are given at once. */
  async #settle(): Promise<void> {
    while (this.#settling !== undefined) await Promise.allSettled([this.#settling]);
    this.#settling = this.#comeToRest().finally(() => {
      this.#settling = undefined;
    });
    await this.#settling;
  }

  async #comeToRest(): Promise<void> {
    const limit = this.clock.now() + longestMoveMs;
    for (;;) {
      await this.#quiet();
      if (this.#process.life.isDead) await this.#takeOver();
      else if ((await this.#relay()) || (await this.#stepsEnd())) continue;
      else {
        const busy = (await this.#outside.broker.inspect()).filter(isBusy);
        if (busy.length === 0) return;
        if ((this.clock.nextAt ?? Number.POSITIVE_INFINITY) > limit) throw notSettled(busy);
        await this.clock.next();
      }
    }
  }

  /** What can be done now is done. */
  async #quiet(): Promise<void> {
    const { life } = this.#process;
    let seen: number;
    do {
      seen = life.activity;
      await this.clock.advance(0);
    } while (life.activity !== seen || (life.pending > 0 && !life.isDead));
  }

  async #takeOver(): Promise<void> {
    this.#hasCrashed = true;
    this.#process = await startProcess(this.#site, undefined);
    await this.clock.advance(takeoverMs);
  }

  /** From the outbox to the broker. Returns whether there was anything. */
  async #relay(): Promise<boolean> {
    const { store, broker } = this.#outside;
    const batch = await store.outbox.take(relayedAtOnce);
    if (batch === undefined) return false;
    for (const { channel, message } of batch.rows) {
      await broker.publish(channel, [message]);
      this.all.push(decode(message));
    }
    await batch.end({ published: batch.rows.map(({ place }) => place) });
    return true;
  }

  /** Returns whether one of those under way has ended. */
  async #stepsEnd(): Promise<boolean> {
    const { active, life } = this.#process;
    const awaited = [...active].filter((step) => !this.#slow.has(step));
    if (awaited.length === 0) return false;
    const hasEnded = (): boolean => life.isDead || awaited.some((step) => !active.has(step));
    try {
      return await eventually("a step ends", hasEnded, { deadlineMs: this.#patienceMs });
    } catch {
      for (const step of awaited) this.#slow.add(step);
      return false;
    }
  }
}

function checkedCrash(crash: CrashPoint | undefined): CrashPoint | undefined {
  if (crash === undefined || (Number.isInteger(crash.at) && crash.at > 0)) return crash;
  throw new ConfigurationError("CRASH_INVALID", "crash.at: give the number of a transaction, from 1.");
}

/** Something is being handled, or could be. */
function isBusy({ inFlight, lag, delayed }: GroupReport): boolean {
  return inFlight > 0 || (lag > 0 && delayed === 0);
}

function notSettled(busy: readonly GroupReport[]): MeshError {
  const groups = busy.map(({ group, lag, inFlight }) => `${group}: ${lag} to do, ${inFlight} in flight`);
  return new MeshError(
    "NOT_SETTLED",
    `The saga's process does not come to an end with its events: ${groups.join("; ")}. Give sagaHarness a \`logger\` to see what it does.`,
  );
}
