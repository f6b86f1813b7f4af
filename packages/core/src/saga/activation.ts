/**
 * One activation: what has come for an instance is shown to its function, which goes on as far as it can, and all that follows is
 * written, in one transaction: journal, waits, timers, published events. Steps are done outside, between two of them.
 */

import { delayAfter, maxAttempts } from "../consume/retry.js";
import { MeshError, RetryableError, StoreError, TerminalError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import { deriveId } from "../event/ids.js";
import { durationMs } from "../util/duration.js";
import type { SagaTransaction } from "./documents.js";
import { errorRecord, JournalMismatchError, versionMissing } from "./errors.js";
import { readEvent, storedEvent } from "./events.js";
import { asJson, astray, type Command, Execution } from "./execution.js";
import type { Hot, Kept } from "./hot.js";
import type { JournalEntry } from "./journal.js";
import { cameAt } from "./meetings.js";
import type { SagaParts } from "./parts.js";
import { type Arrival, type InstanceRecord, readJournal, type WaitPlace, writeRecord } from "./records.js";

/** What became of an attempt of a step. */
export interface StepResult {
  readonly command: number;
  readonly attempt: number;
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
}

type Step = Extract<Command, { kind: "step" }>;
type Wait = Extract<Command, { kind: "wait" }>;

export interface Input {
  readonly arrivals?: readonly Arrival[];
  readonly results?: readonly StepResult[];
}

/** An instance as it is stored, what is new to it, and what is in memory of it. */
export interface Work {
  readonly before: InstanceRecord;
  readonly input: Input;
  readonly hot: Hot | undefined;
}

export async function activate(tx: SagaTransaction, parts: SagaParts, work: Work): Promise<Kept> {
  try {
    return await new Activation(tx, parts, work).do();
  } catch (error) {
    if (!(error instanceof JournalMismatchError)) throw error;
    return stop(tx, parts, work, error);
  }
}

/** Nothing of it is done. What has come stays for later. */
async function stop(
  tx: SagaTransaction,
  { clock, logger, saga }: SagaParts,
  { before, input }: Work,
  error: Error,
): Promise<Kept> {
  logger.error(
    { err: error, saga, key: before.key },
    "a saga stands still: its code does not fit its journal",
  );
  const { due: _due, owner: _owner, until: _until, ...rest } = before;
  const after: InstanceRecord = {
    ...rest,
    state: "stopped",
    changedAt: clock.now(),
    arrivals: [...before.arrivals, ...(input.arrivals ?? [])],
    error: errorRecord(error),
  };
  const record = await writeRecord(tx, { before, after, entries: [] });
  return { record, execution: undefined };
}

class Activation {
  readonly #tx: SagaTransaction;
  readonly #parts: SagaParts;
  readonly #before: InstanceRecord;
  readonly #input: Input;
  readonly #hot: Hot | undefined;
  readonly #entries: JournalEntry[] = [];
  readonly #now: number;
  #execution: Execution;
  #waits: readonly WaitPlace[];
  #seen: readonly string[];
  #signals: InstanceRecord["signals"];

  constructor(tx: SagaTransaction, parts: SagaParts, { before, input, hot }: Work) {
    this.#tx = tx;
    this.#parts = parts;
    this.#before = before;
    this.#input = input;
    this.#hot = hot;
    this.#now = parts.clock.now();
    this.#execution = this.#hot?.execution ?? this.#newExecution();
    this.#waits = before.waits;
    this.#seen = before.seen.filter((name) => cameAt(name) > this.#now - 2 * parts.patienceMs);
    this.#signals = before.signals;
  }

  async do(): Promise<Hot> {
    if (!this.#hot) {
      await this.#execution.begin(await readJournal(this.#tx.documents, this.#before));
      this.#note();
    }
    for (const arrival of [...this.#before.arrivals, ...(this.#input.arrivals ?? [])])
      await this.#arrived(arrival);
    for (const result of this.#input.results ?? []) await this.#stepped(result);
    do {
      await this.#goOn();
    } while ((await this.#timesUp()) || (await this.#meetAgain()));
    if (this.#execution.isAstray) this.#execution.endWith(astray());
    const record = await this.#write();
    return { record, execution: this.#execution };
  }

  #newExecution(): Execution {
    const { key, start, version } = this.#before;
    const saga = this.#parts.version(version);
    if (saga === undefined) throw versionMissing(this.#parts.saga, version);
    const { body } = saga;
    const now = (): number => this.#parts.clock.now();
    return new Execution({ key, start: readEvent(start), readEvent, now, body });
  }

  async #put(entry: JournalEntry): Promise<void> {
    this.#entries.push(entry);
    await this.#execution.show(entry);
    this.#note();
  }

  #note(): void {
    this.#entries.push(...this.#execution.noted());
  }

  #pending(command: number): Command | undefined {
    return this.#execution.pending.find((one) => one.command === command);
  }

  async #arrived(arrival: Arrival): Promise<void> {
    if (arrival.kind === "cancel") {
      if (!this.#execution.isCancelled) await this.#put(arrival);
      return;
    }
    if (arrival.kind === "event") {
      const command = this.#pending(arrival.command);
      // Its time was up before: it stays for the next wait.
      if (command === undefined) return;
      await this.#eventFor(command, arrival);
      return;
    }
    const { name } = arrival;
    const waiting = this.#execution.pending.find(
      (one) => one.kind === "wait" && one.on === "signal" && one.name === name,
    );
    const { value } = arrival;
    if (waiting) await this.#put({ command: waiting.command, kind: "signalled", name, value });
    else this.#signals = [...this.#signals, { name, value }];
  }

  async #eventFor(
    { command, name }: Command,
    met: { readonly name: string; readonly event: unknown },
  ): Promise<void> {
    if (met.name !== "") this.#seen = [...this.#seen, met.name];
    this.#waits = this.#waits.filter((one) => one.command !== command);
    await this.#put({ command, kind: "event", name, event: met.event });
  }

  async #stepped({ command, attempt, outcome }: StepResult): Promise<void> {
    const step = this.#pending(command);
    if (step?.kind !== "step" || step.attempt !== attempt) return;
    const { name } = step;
    const done = jsonOf(outcome, `step "${name}" returned`);
    if (!("error" in done)) return this.#put({ command, kind: "step", name, ...done });
    const due = this.#againAt(step, done.error);
    const again = due === undefined ? {} : { due };
    return this.#put({ command, kind: "attempt", name, attempt, error: errorRecord(done.error), ...again });
  }

  /** When a failed attempt is followed by another; undefined where it was the last. */
  #againAt({ retry, attempt }: Step, error: unknown): number | undefined {
    if (error instanceof TerminalError || attempt >= maxAttempts(retry)) return undefined;
    if (error instanceof RetryableError) return this.#now + durationMs(error.after, "RetryableError: after");
    return this.#now + delayAfter(retry, attempt);
  }

  /** Does what the function asks for, as far as that can be done here. */
  async #goOn(): Promise<void> {
    for (let command = this.#execution.next(); command; command = this.#execution.next()) {
      if (command.kind === "publish") await this.#publish(command);
      else if (command.kind === "wait") await this.#wait(command);
      else if (command.kind === "sleep")
        await this.#put({ command: command.command, kind: "sleeping", due: this.#now + command.forMs });
    }
  }

  async #publish({ command, name, data, options }: Extract<Command, { kind: "publish" }>): Promise<void> {
    const { publisher, saga } = this.#parts;
    const start = readEvent(this.#before.start);
    const id = commandId(this.#before, command);
    const cause = { group: saga, event: start, ordinal: 0 };
    let event: unknown;
    try {
      const prepared = publisher.prepare(name, data, { ...options, id }, cause);
      await publisher.store([prepared], this.#tx.tx, start);
      event = storedEvent(prepared.event);
    } catch (error) {
      // What is wrong with the event is the saga's affair, what is wrong with the store is not.
      if (error instanceof StoreError || !(error instanceof MeshError)) throw error;
      return this.#put({ command, kind: "refused", name, error: errorRecord(error) });
    }
    return this.#put({ command, kind: "published", name, event });
  }

  async #wait(wait: Wait): Promise<void> {
    const { command, name, on, timeoutMs } = wait;
    const due = timeoutMs === undefined ? {} : { due: this.#now + timeoutMs };
    await this.#put({ command, kind: "waiting", name, ...due });
    if (on === "signal") {
      const signal = this.#signals.find((one) => one.name === name);
      if (!signal) return;
      this.#signals = this.#signals.filter((one) => one !== signal);
      await this.#put({ command, kind: "signalled", name, value: signal.value });
      return;
    }
    await this.#meet(wait);
  }

  async #meet(wait: Wait): Promise<void> {
    const { key, run } = this.#before;
    const { command } = wait;
    const { place, met } = await this.#parts.meetings.wait(this.#tx, {
      type: wait.name,
      where: wait.where,
      waiter: { key, run, command },
      seen: (event) => this.#seen.includes(event),
    });
    if (met) await this.#eventFor(wait, met);
    else this.#waits = [...this.#waits, { command, place }];
  }

  /** An instance that goes on after its end has lost its places. Returns whether there was anything for it. */
  async #meetAgain(): Promise<boolean> {
    const { length } = this.#entries;
    for (const one of this.#execution.pending) {
      const isOpen = one.kind === "wait" && one.on === "event" && this.#pending(one.command) === one;
      if (isOpen && !this.#waits.some(({ command }) => command === one.command)) await this.#meet(one);
    }
    return this.#entries.length > length;
  }

  /** Returns whether anything was due. */
  async #timesUp(): Promise<boolean> {
    const due = this.#execution.pending.filter((one) => isDue(one, this.#now) && one.kind !== "step");
    for (const { command, kind, name } of due) {
      if (!this.#pending(command)) continue;
      if (kind === "sleep") await this.#put({ command, kind: "woke" });
      else {
        const gone = this.#waits.filter((one) => one.command === command);
        await this.#leave(gone);
        await this.#put({ command, kind: "timeout", name });
      }
    }
    return due.length > 0;
  }

  async #leave(gone: readonly WaitPlace[]): Promise<void> {
    await this.#parts.meetings.leave(this.#tx, gone, this.#before.key);
    this.#waits = this.#waits.filter((one) => !gone.includes(one));
  }

  async #write(): Promise<InstanceRecord> {
    const { me, leaseMs, retentionMs } = this.#parts;
    const { end, pending } = this.#execution;
    const { due: _due, owner, until: _until, error: _error, value: _value, ...rest } = this.#before;
    const common = {
      ...rest,
      changedAt: this.#now,
      arrivals: [],
      signals: this.#signals,
      seen: this.#seen,
    } as const;
    let after: InstanceRecord;
    if (end) {
      this.#entries.push(end);
      await this.#leave(this.#waits);
      const { kind: _kind, next, ...result } = end;
      const isNext = next !== undefined && common.next === undefined;
      const following = isNext ? { next: { ...(common.start as object), data: next }, goesOn: true } : {};
      after = { ...common, ...following, ...result, waits: [], due: this.#now + retentionMs };
    } else {
      // Those whose command is gone: it was cancelled.
      await this.#leave(this.#waits.filter(({ command }) => !this.#pending(command)));
      const isBusy = pending.some(
        (one) => one.kind === "step" && (one.due === undefined || isDue(one, this.#now)),
      );
      const until = this.#now + leaseMs;
      const times = pending.flatMap((one) =>
        one.kind !== "publish" && one.due !== undefined ? [one.due] : [],
      );
      // The due of a step that runs is over.
      const ahead = times.filter((time) => time > this.#now);
      const dues = isBusy ? [...ahead, until] : ahead;
      const epoch = isBusy && owner !== me ? this.#before.epoch + 1 : this.#before.epoch;
      after = {
        ...common,
        state: "running",
        waits: this.#waits,
        epoch,
        ...(dues.length > 0 ? { due: Math.min(...dues) } : {}),
        ...(isBusy ? { owner: me, until } : {}),
      };
    }
    return writeRecord(this.#tx, { before: this.#before, after, entries: this.#entries });
  }
}

/** What a step returned, as JSON; what is none has failed. */
function jsonOf(
  outcome: StepResult["outcome"],
  what: string,
): { readonly value?: unknown } | { readonly error: unknown } {
  if ("error" in outcome) return outcome;
  try {
    return asJson(outcome.value, what);
  } catch (error) {
    return { error };
  }
}

export function isDue(command: Command, now: number): boolean {
  return command.kind !== "publish" && command.due !== undefined && command.due <= now;
}

/** What a run of an instance begins with. */
export interface Beginning {
  readonly start: MeshEvent;
  readonly key: string;
  readonly run: number;
  readonly version: number;
  /** The names of recent events that are none to wait for: the start, and what it has had in the run before. */
  readonly seen: readonly string[];
  /** Signals that the run before has left. */
  readonly signals: InstanceRecord["signals"];
}

/** The same whenever the code runs again, and of no other command. */
export function commandId({ key, id }: Pick<InstanceRecord, "key" | "id">, command: number): string {
  return deriveId({ group: "saga command", source: key, id, ordinal: command });
}

export function startRecord(
  { start, key, run, version, seen, signals }: Beginning,
  now: number,
): InstanceRecord {
  return {
    key,
    id: deriveId({ group: "saga", source: start.source, id: start.id, ordinal: run }),
    run,
    version,
    state: "running",
    start: storedEvent(start),
    startedAt: now,
    changedAt: now,
    length: 0,
    pieces: 0,
    epoch: 0,
    waits: [],
    arrivals: [],
    signals,
    seen,
  };
}
