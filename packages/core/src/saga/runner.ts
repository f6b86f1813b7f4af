/** The work of a process on one saga: events that come, steps, timers, and what other processes have left. */
import type { Cancel } from "../clock/clock.js";
import { TerminalError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Documents } from "../store/documents.js";
import { isConflict } from "../store/nesting.js";
import { activate, type Beginning, type Input, isDue, type StepResult, startRecord } from "./activation.js";
import { committedDocuments, inSagaTransaction, type SagaTransaction } from "./documents.js";
import { readEvent, storedEvent } from "./events.js";
import { exists, type ForkOrder, fork } from "./fork.js";
import { fits, type Hot, type Kept, Latest } from "./hot.js";
import { NewShape } from "./meetings.js";
import type { SagaParts } from "./parts.js";
import {
  dueFrom,
  type InstanceRecord,
  isEnded,
  leaveWord,
  parts,
  readRecord,
  removeRecord,
  writeRecord,
} from "./records.js";
import type { Saga } from "./saga.js";
import { Steps, type Whose } from "./steps.js";

export interface RunnerOptions {
  readonly saga: Saga;
  /** The group that its events come to. */
  readonly group: string;
  /** The types that any version may wait for. */
  readonly awaited: ReadonlySet<string>;
  /** How often to look for what others have left. */
  readonly pollMs: number;
}

/** Against other transactions; then it is done again later. */
const retries = 20;
const pauseMs = 1_000;
const page = 100;
/** How many that are due are looked at together. */
const sideBySide = 8;

export class SagaRunner {
  readonly #parts: SagaParts;
  readonly #options: RunnerOptions;
  readonly #steps: Steps;
  readonly #committed: Documents;
  /** Those whose steps are under way here. */
  readonly #hot: Map<string, Kept> = new Map();
  readonly #latest: Latest = new Latest();
  #renewedAt = 0;
  #timer: Cancel = () => undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #state: "new" | "running" | "stopped" = "new";

  constructor(given: SagaParts, options: RunnerOptions) {
    this.#parts = given;
    this.#options = options;
    this.#committed = committedDocuments(given.store, given.collection);
    this.#steps = new Steps({
      clock: given.clock,
      settle: (whose, result) => this.#settle(whose, result),
    });
  }

  get saga(): Saga {
    return this.#options.saga;
  }

  get now(): number {
    return this.#parts.clock.now();
  }

  start(): void {
    this.#state = "running";
    this.#wakeAt(this.#parts.clock.now());
  }

  /** Waits for steps until `deadline`, then leaves them to others. */
  async stop(deadline: Promise<void>): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "stopped";
    this.#timer();
    const idle = Promise.all([this.#looking, this.#steps.idle()]);
    await this.#renewing(Promise.race([idle, deadline]));
    this.#steps.abort();
    await Promise.allSettled([...this.#hot.keys()].map((key) => this.#release(key)));
  }

  /** Steps that are waited for stay here. */
  async #renewing(end: Promise<unknown>): Promise<void> {
    const { clock, leaseMs, logger, saga } = this.#parts;
    let cancel: Cancel = () => undefined;
    const again = (): void => {
      cancel = clock.after(leaseMs / 4, () => void renew());
    };
    const renew = async (): Promise<void> => {
      again();
      await this.#renew().catch((error: unknown) =>
        logger.warn({ err: error, saga }, "a lease could not be renewed yet"),
      );
    };
    again();
    await end;
    cancel();
  }

  /** An event has come. */
  readonly deliver = async (event: MeshEvent): Promise<void> => {
    const { group, saga, awaited } = this.#options;
    const stored = storedEvent(event);
    const woken = await this.#transact(async (tx) => {
      if (!(await tx.tx.claim({ group, source: event.source, id: event.id }))) return [];
      const done: Kept[] = [];
      let name = "";
      if (awaited.has(event.type)) {
        const met = await this.#parts.meetings.arrive(tx, event, stored);
        const { waiters } = met;
        name = met.name;
        for (const { key, run, command } of waiters) {
          const arrivals = [{ kind: "event", command, name, event: stored }] as const;
          done.push(...(await this.#wake(tx, { key, run }, { arrivals })));
        }
      }
      if (saga.startedBy.some(({ type }) => type === event.type))
        done.push(...(await this.#begin(tx, event, name)));
      return done;
    });
    for (const hot of woken) this.#take(hot);
  };

  /** Tells an instance of something. Returns whether it is there and has not ended. */
  async tell(key: string, input: Input): Promise<boolean> {
    const woken = await this.#transact(async (tx) => {
      const record = await readRecord(tx.documents, key);
      if (record === undefined || isEnded(record)) return undefined;
      return this.#wake(tx, record, input);
    });
    for (const hot of woken ?? []) this.#take(hot);
    return woken !== undefined;
  }

  /** Changes a record, and looks at it again. */
  async change(
    key: string,
    work: (tx: SagaTransaction, record: InstanceRecord) => Promise<InstanceRecord>,
  ): Promise<boolean> {
    const changed = await this.#transact(async (tx) => {
      const record = await readRecord(tx.documents, key);
      if (record === undefined) return false;
      const after = await work(tx, record);
      await writeRecord(tx, { before: record, after, entries: [] });
      return true;
    });
    if (changed) this.#wakeAt(this.#parts.clock.now());
    return changed;
  }

  /** Returns whether there is one to fork. */
  async fork(order: ForkOrder): Promise<boolean> {
    const isForked = await this.#transact((tx) => fork(tx, this.saga.name, order, this.now));
    if (isForked) this.#wakeAt(this.now);
    return isForked;
  }

  async #begin(tx: SagaTransaction, start: MeshEvent, name: string): Promise<Kept[]> {
    const { saga } = this.#options;
    const key = saga.key(start);
    if (typeof key !== "string" || key === "")
      throw new TerminalError(
        `saga "${saga.name}": \`key\` gave no text for an event of type ${start.type}.`,
        {
          code: "SAGA_KEY_INVALID",
        },
      );
    const known = await readRecord(tx.documents, key);
    const seen = name === "" ? [] : [name];
    if (known === undefined) return [await this.#new(tx, { start, key, run: 1, seen, signals: [] })];
    if (saga.again === "ignore") return [];
    if (saga.again === "reject") throw exists(saga.name);
    return this.#supersede(tx, known, start);
  }

  /** What runs, or stands still, is cancelled; the new one begins when that has ended. */
  async #supersede(tx: SagaTransaction, known: InstanceRecord, start: MeshEvent): Promise<Kept[]> {
    if (isEnded(known)) return [await this.#next(tx, known, start)];
    const record = { ...known, next: storedEvent(start) };
    await writeRecord(tx, { before: known, after: record, entries: [] });
    return this.#wake(tx, record, { arrivals: [{ kind: "cancel", reason: "superseded by a newer one" }] });
  }

  async #next(tx: SagaTransaction, last: InstanceRecord, start: MeshEvent): Promise<Kept> {
    await removeRecord(tx, last);
    const { key, run, goesOn, seen, signals } = last;
    const kept = goesOn ? { seen, signals } : { seen: [], signals: [] };
    return this.#new(tx, { start, key, run: run + 1, ...kept });
  }

  async #new(tx: SagaTransaction, of: Omit<Beginning, "version">): Promise<Kept> {
    const { clock } = this.#parts;
    const record = startRecord({ ...of, version: this.saga.version }, clock.now());
    return activate(tx, this.#parts, { before: record, input: {}, hot: undefined });
  }

  /** Goes on with an instance, or leaves word for the process that has it. */
  async #wake(tx: SagaTransaction, { key, run }: Whose, input: Input): Promise<Kept[]> {
    const { clock, logger, me, saga } = this.#parts;
    const record = await readRecord(tx.documents, key);
    if (record === undefined || record.run !== run || isEnded(record)) return [];
    const isForeign = this.#parts.version(record.version) === undefined;
    const isElsewhere =
      record.owner !== undefined && record.owner !== me && (record.until ?? 0) > clock.now();
    if (isForeign || isElsewhere || record.state === "stopped") {
      // Who has its version is to look at it.
      const due = isForeign && record.owner === undefined ? this.now : record.due;
      await leaveWord(tx, record, input.arrivals ?? [], due);
      return [];
    }
    const hot = await activate(tx, this.#parts, { before: record, input, hot: this.#hotOf(record) });
    const { next } = hot.record;
    if (!isEnded(hot.record) || next === undefined) return [hot];
    if (hot.record.state === "failed") {
      // What it did is not undone: an operator has to look at it before anything follows.
      logger.error(
        { saga, key, error: hot.record.error },
        "a saga failed while it was superseded: `retry` it",
      );
      return [hot];
    }
    return [hot, await this.#next(tx, hot.record, readEvent(next))];
  }

  /** What is in memory is used once: when its transaction fails it is ahead of what is stored. */
  #hotOf(record: InstanceRecord): Hot | undefined {
    const hot = this.#hot.get(record.key);
    if (hot?.execution === undefined) return undefined;
    this.#hot.set(record.key, { record: hot.record, execution: undefined });
    const { execution } = hot;
    return fits(hot.record, record, this.#parts.me) ? { record, execution } : undefined;
  }

  /** After the commit. */
  #take(hot: Kept): void {
    const { record, execution } = hot;
    const { clock } = this.#parts;
    const now = clock.now();
    if (this.#latest.isOlder(record, now)) return;
    const steps = isEnded(record)
      ? []
      : (execution?.pending ?? [])
          .filter((one) => one.kind === "step")
          .filter((one) => one.due === undefined || isDue(one, now));
    this.#steps.keep(record, steps);
    if (record.due !== undefined) this.#wakeAt(record.due);
    if (steps.length === 0 || record.owner !== this.#parts.me) {
      this.#hot.delete(record.key);
      return;
    }
    this.#hot.set(record.key, hot);
    if (this.#state === "stopped") return;
    for (const step of steps) this.#steps.begin(record, step);
  }

  /** A step is done: told until the store has it, or somebody else has the instance. */
  async #settle(whose: Whose, result: StepResult): Promise<void> {
    const { clock, logger, me, saga } = this.#parts;
    for (;;) {
      try {
        const woken = await this.#transact(async (tx) => {
          const record = await readRecord(tx.documents, whose.key);
          if (record?.run !== whose.run || record.owner !== me) return [];
          return this.#wake(tx, record, { results: [result] });
        });
        for (const hot of woken) this.#take(hot);
        return;
      } catch (error) {
        logger.warn({ err: error, saga, key: whose.key }, "the result of a step could not be stored yet");
        if (this.#state === "stopped") return;
        await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      }
    }
  }

  async #release(key: string): Promise<void> {
    const { me, clock } = this.#parts;
    this.#hot.delete(key);
    await this.change(key, async (_tx, record) => {
      if (record.owner !== me) return record;
      const { owner: _owner, until: _until, ...rest } = record;
      return { ...rest, due: clock.now() };
    });
  }

  async #transact<T>(work: (tx: SagaTransaction) => Promise<T>): Promise<T> {
    const { store, collection, meetings, clock } = this.#parts;
    for (let left = retries; ; left--) {
      try {
        await meetings.refresh();
        return await inSagaTransaction(store, collection, work);
      } catch (error) {
        if (error instanceof NewShape) {
          await meetings.learn(error);
          const { knownAfterMs } = meetings;
          if (knownAfterMs > 0) await new Promise<void>((resolve) => clock.after(knownAfterMs, resolve));
          await meetings.gather(error);
        } else if (left <= 0 || !isConflict(error)) throw error;
      }
    }
  }

  #wakeAt(time: number): void {
    if (this.#state !== "running" || time >= this.#timerAt) return;
    const { clock } = this.#parts;
    this.#timer();
    this.#timerAt = time;
    this.#timer = clock.after(Math.max(0, time - clock.now()), () => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
      });
    });
  }

  /** What is due, whoever had it. */
  async #look(): Promise<void> {
    const { clock, logger, saga, meetings } = this.#parts;
    let next = clock.now() + this.#options.pollMs;
    try {
      await this.#renew();
      for (let after: string | undefined; ; ) {
        const listed = await this.#committed.list(parts.due, {
          limit: page,
          ...(after === undefined ? {} : { after }),
        });
        after = listed.at(-1)?.key;
        const entries = listed.map(({ key }) => dueFrom(key));
        const now = clock.now();
        const due = entries.filter((entry) => entry.due <= now);
        for (let at = 0; at < due.length; at += sideBySide) {
          if (this.#state !== "running") return;
          if (clock.now() - this.#renewedAt > this.#parts.leaseMs / 4) await this.#renew();
          await Promise.all(due.slice(at, at + sideBySide).map((entry) => this.#lookAt(entry)));
        }
        const ahead = entries.find((entry) => entry.due > now);
        if (ahead) next = Math.min(next, ahead.due);
        if (due.length < page) break;
      }
      for (const type of this.#options.awaited) await meetings.sweep(type);
    } catch (error) {
      logger.warn({ err: error, saga }, "timers of a saga could not be looked at; it is tried again");
      next = clock.now() + pauseMs;
    }
    this.#wakeAt(next);
  }

  async #lookAt({ key, due: at }: { readonly key: string; readonly due: number }): Promise<void> {
    const { clock, logger, saga } = this.#parts;
    try {
      const woken = await this.#transact(async (tx) => {
        const record = await readRecord(tx.documents, key);
        if (record === undefined || record.due !== at || at > clock.now()) return [];
        if (!isEnded(record)) return this.#wake(tx, record, {});
        await removeRecord(tx, record);
        return [];
      });
      for (const hot of woken) this.#take(hot);
    } catch (error) {
      logger.warn({ err: error, saga, key }, "an instance of a saga could not go on; it is tried again");
    }
  }

  /** Those whose steps take long stay here; what has come for them meanwhile is shown to them. */
  async #renew(): Promise<void> {
    const { clock, me, leaseMs } = this.#parts;
    this.#renewedAt = clock.now();
    this.#latest.forget(this.#renewedAt - leaseMs);
    const keys = [...this.#hot.keys()];
    if (keys.length === 0) return;
    const bodies = await this.#committed.read(parts.instances, keys);
    for (const key of keys) {
      const body = bodies.get(key);
      const record = body === undefined ? undefined : (JSON.parse(body) as InstanceRecord);
      const isMine = record?.owner === me;
      if (!isMine) this.#lost(key);
      else if (record.arrivals.length > 0 || (record.until ?? 0) - clock.now() < leaseMs / 2)
        await this.tell(key, {});
    }
  }

  #lost(key: string): void {
    const hot = this.#hot.get(key);
    if (!hot) return;
    this.#hot.delete(key);
    this.#steps.keep(hot.record, []);
  }
}
