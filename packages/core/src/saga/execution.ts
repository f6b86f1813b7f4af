/**
 * A saga's function at work: it gives commands, and learns from the journal what became of each. After every entry it runs on as
 * far as it can before the next one is shown to it. So it comes to the same place whenever it is done again, and gives the same
 * commands in the same order; where it does not, its code has changed.
 */
import { randomUUID } from "node:crypto";
import type { RetryPolicy } from "../consume/retry.js";
import { defaultRetry } from "../consume/retry.js";
import { MeshError, TerminalError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { PublishOptions } from "../publish/options.js";
import type { AnyEventDefinition } from "../schema/definition.js";
import { type Deferred, deferred } from "../util/deferred.js";
import { type Duration, durationMs } from "../util/duration.js";
import {
  CompensateError,
  type ErrorRecord,
  errorFrom,
  errorRecord,
  JournalMismatchError,
  SagaCancelledError,
  StepFailedError,
} from "./errors.js";
import { type CommandEntry, commandOf, type EndEntry, type JournalEntry } from "./journal.js";
import {
  type Run,
  SagaContinuation,
  SagaFailure,
  type StepContext,
  type StepOptions,
  type WaitOptions,
} from "./run.js";

/** What the function has asked for. Those that are not answered yet are pending. */
export type Command = { readonly command: number; readonly name: string } & (
  | {
      readonly kind: "step";
      readonly work: (context: StepContext) => unknown;
      readonly retry: RetryPolicy;
      readonly timeoutMs: number | undefined;
      readonly heartbeatMs: number | undefined;
      /** That is to be made next. */
      attempt: number;
      /** When; undefined for now. */
      due?: number;
    }
  | { readonly kind: "publish"; readonly data: unknown; readonly options: PublishOptions }
  | {
      readonly kind: "wait";
      /** For an event of this type, or for a signal. */
      readonly on: "event" | "signal";
      readonly where: object | undefined;
      readonly timeoutMs: number | undefined;
      due?: number;
    }
  | { readonly kind: "sleep"; readonly forMs: number; due?: number }
);

export interface ExecutionParts {
  readonly key: string;
  readonly start: MeshEvent;
  /** How events look in the journal, and back. */
  readonly readEvent: (stored: unknown) => MeshEvent;
  readonly now: () => number;
  body(run: Run<AnyEventDefinition>, start: MeshEvent): unknown;
}

interface Pending {
  readonly command: Command;
  readonly answer: Deferred<unknown>;
}

interface Compensation {
  readonly name: string;
  readonly work: (context: StepContext) => unknown;
  /** As that of its step. */
  readonly options: Omit<StepOptions, "compensate">;
}

const immediate = setImmediate;

export class Execution {
  readonly #parts: ExecutionParts;
  /** Entries that have been shown to the function. */
  length = 0;
  readonly #pending: Map<number, Pending> = new Map();
  /** Given, and not taken by `next` yet. */
  #given: Command[] = [];
  #count = 0;
  /** Values of a journal that is being gone through again. */
  readonly #values: Map<number, Extract<CommandEntry, { kind: "value" }>> = new Map();
  readonly #patches: Map<string, boolean> = new Map();
  #replaying = false;
  /** What the function has had written down by itself. */
  #noted: JournalEntry[] = [];
  readonly #compensations: Map<number, Compensation> = new Map();
  #cancelled: SagaCancelledError | undefined;
  #compensating = false;
  #mismatch: JournalMismatchError | undefined;
  #end: EndEntry | undefined;

  constructor(parts: ExecutionParts) {
    this.#parts = parts;
  }

  /** The end that the function has come to. */
  get end(): EndEntry | undefined {
    return this.#end;
  }

  get isCancelled(): boolean {
    return this.#cancelled !== undefined;
  }

  /** What is not answered yet, in the order in which it was asked for. */
  get pending(): readonly Command[] {
    return [...this.#pending.values()].map(({ command }) => command);
  }

  /**
   * Begins, and goes through a journal.
   *
   * @throws JournalMismatchError
   */
  async begin(journal: readonly JournalEntry[]): Promise<void> {
    this.#replaying = journal.length > 0;
    for (const entry of journal) {
      if (entry.kind === "value") this.#values.set(entry.command, entry);
      if (entry.kind === "patched") this.#patches.set(entry.name, true);
    }
    void this.#main();
    await this.#settle();
    for (const [at, entry] of journal.entries()) {
      this.#replaying = at < journal.length - 1;
      await this.show(entry);
    }
    this.#replaying = false;
  }

  /**
   * Shows the next entry to the function, which then goes on as far as it can.
   *
   * @throws JournalMismatchError
   */
  async show(entry: JournalEntry): Promise<void> {
    this.length += 1;
    if (entry.kind === "cancel") this.#cancel(entry.reason);
    else if (entry.kind === "end") this.#checkEnd(entry);
    else if (entry.kind !== "patched" && entry.kind !== "value") this.#answer(entry);
    else return;
    await this.#settle();
  }

  /** The next command that has not been looked at. */
  next(): Command | undefined {
    return this.#given.shift();
  }

  /** What the function has noted since the last call: entries that it has seen. */
  noted(): JournalEntry[] {
    const noted = this.#noted;
    this.#noted = [];
    this.length += noted.length;
    return noted;
  }

  /** Whether it waits for something that nobody will answer: a promise that is not of `run`. */
  get isAstray(): boolean {
    return this.#end === undefined && this.#pending.size === 0 && this.#given.length === 0;
  }

  /** Ends it: what it does wrong cannot be answered. */
  endWith(error: unknown): void {
    this.#end ??= { kind: "end", state: "failed", error: errorRecord(error) };
  }

  #answer(entry: CommandEntry): void {
    const pending = this.#pending.get(entry.command);
    const is = pending && describe(pending.command);
    if (!pending || is !== commandOf(entry)) {
      const found = is ?? (this.#end ? "the end" : "not there");
      throw new JournalMismatchError(entry.command, commandOf(entry), found);
    }
    const { command, answer } = pending;
    this.#given = this.#given.filter((one) => one !== command);
    if (entry.kind === "waiting" || entry.kind === "sleeping") {
      if (entry.due !== undefined && command.kind !== "publish") command.due = entry.due;
      return;
    }
    if (entry.kind === "attempt" && entry.due !== undefined) {
      if (command.kind === "step") Object.assign(command, { attempt: entry.attempt + 1, due: entry.due });
      return;
    }
    this.#pending.delete(entry.command);
    if (entry.kind === "attempt") {
      this.#compensations.delete(entry.command);
      answer.reject(new StepFailedError(entry.name, entry.error));
    } else if (entry.kind === "refused") answer.reject(errorFrom(entry.error));
    else answer.resolve(this.#valueOf(entry));
  }

  #valueOf(entry: CommandEntry): unknown {
    if (entry.kind === "event" || entry.kind === "published") return this.#parts.readEvent(entry.event);
    return "value" in entry ? entry.value : undefined;
  }

  #cancel(reason: string): void {
    if (this.#compensating || this.#cancelled) return;
    this.#cancelled = new SagaCancelledError(reason);
    this.#drop(this.#cancelled);
  }

  /** Nothing that was asked for is waited for any more. */
  #drop(reason: Error): void {
    const all = [...this.#pending.values()];
    this.#pending.clear();
    this.#given = [];
    for (const { answer } of all) answer.reject(reason);
  }

  #checkEnd(entry: EndEntry): void {
    if (this.#end?.state === entry.state) return;
    const found = this.#end
      ? `the end as ${this.#end.state}`
      : (this.pending.map(describe)[0] ?? "not there");
    throw new JournalMismatchError(this.#count, `the end as ${entry.state}`, found);
  }

  /** A turn of the event loop: what follows from what is resolved has run after it. */
  async #settle(): Promise<void> {
    await new Promise<void>((resolve) => immediate(resolve));
    if (this.#mismatch) throw this.#mismatch;
  }

  async #main(): Promise<void> {
    try {
      this.#end = completed(await this.#parts.body(this.#run(), this.#parts.start));
    } catch (error) {
      this.#end = await this.#failed(error);
    }
  }

  async #failed(error: unknown): Promise<EndEntry> {
    const state = error instanceof CompensateError ? "compensated" : "cancelled";
    const isAsked = error instanceof CompensateError || (this.#cancelled && error === this.#cancelled);
    if (!isAsked) return { kind: "end", state: "failed", error: errorRecord(error) };
    this.#compensating = true;
    this.#drop(error as Error);
    try {
      for (const { name, work, options } of [...this.#compensations.values()].reverse()) {
        await this.#step(`${name}: compensate`, work, options);
      }
    } catch (failure) {
      return { kind: "end", state: "failed", error: errorRecord(failure) };
    }
    return { kind: "end", state, error: errorRecord(error) };
  }

  #give(command: CommandOf): Promise<unknown> {
    const number = this.#count++;
    if (this.#cancelled && !this.#compensating) return Promise.reject(this.#cancelled);
    const given = { ...command, command: number } as Command;
    const answer = deferred<unknown>();
    // Whether somebody listens is the saga's own affair.
    answer.promise.catch(() => undefined);
    this.#pending.set(number, { command: given, answer });
    this.#given.push(given);
    return answer.promise;
  }

  #step(name: string, work: (context: StepContext) => unknown, options: StepOptions): Promise<unknown> {
    const { retry = defaultRetry, timeout, heartbeat, compensate } = options;
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, `step "${name}": timeout`);
    const heartbeatMs =
      heartbeat === undefined ? undefined : durationMs(heartbeat, `step "${name}": heartbeat`);
    const number = this.#count;
    const done = this.#give({ kind: "step", name, work, retry, timeoutMs, heartbeatMs, attempt: 1 });
    const { compensate: _compensate, ...rest } = options;
    if (compensate) this.#compensations.set(number, { name, work: compensate, options: rest });
    return done;
  }

  #value<T>(name: "now" | "random" | "uuid", make: () => T): T {
    const command = this.#count++;
    const known = this.#values.get(command);
    if (known?.name === name) return known.value as T;
    if (known || this.#replaying) {
      const expected = known ? commandOf(known) : "another one";
      this.#mismatch ??= new JournalMismatchError(command, expected, `run.${name}`);
      throw this.#mismatch;
    }
    const value = make();
    this.#noted.push({ kind: "value", command, name, value });
    return value;
  }

  #patched(id: string): boolean {
    const known = this.#patches.get(id);
    if (known !== undefined) return known;
    this.#patches.set(id, !this.#replaying);
    if (!this.#replaying) this.#noted.push({ kind: "patched", name: id });
    return !this.#replaying;
  }

  #wait(on: "event" | "signal", name: string, { where, timeout }: WaitOptions<unknown>): Promise<unknown> {
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, `waiting for ${name}: timeout`);
    return this.#give({ kind: "wait", on, name, where, timeoutMs });
  }

  #publish(type: string, data: unknown, options: PublishOptions): Promise<unknown> {
    return this.#give({ kind: "publish", name: type, data, options });
  }

  #run(): Run<AnyEventDefinition> {
    const { key, now } = this.#parts;
    const run = {
      key,
      step: (name: string, work: (context: StepContext) => unknown, options: StepOptions = {}) =>
        this.#step(name, work, options),
      publish: ({ type }: AnyEventDefinition, data: unknown, options: PublishOptions = {}) =>
        this.#publish(type, data, options),
      waitFor: ({ type }: AnyEventDefinition, options: WaitOptions<unknown> = {}) =>
        this.#wait("event", type, options),
      request: async (definition: AnyEventDefinition, data: unknown, options: RequestOptions) => {
        const { id } = (await this.#publish(definition.type, data, {})) as MeshEvent;
        const { reply, timeout } = options;
        const where = { causationid: id };
        return this.#wait("event", reply.type, { where, ...(timeout === undefined ? {} : { timeout }) });
      },
      signal: (name: string, options: { readonly timeout?: Duration } = {}) =>
        this.#wait("signal", name, options),
      sleep: (duration: Duration) =>
        this.#give({ kind: "sleep", name: "sleep", forMs: durationMs(duration, "sleep") }),
      now: () => this.#value("now", now),
      random: () => this.#value("random", Math.random),
      uuid: () => this.#value("uuid", randomUUID),
      patched: (id: string) => this.#patched(id),
      all: (promises: readonly unknown[]) => Promise.all(promises),
      race: (promises: readonly unknown[]) => Promise.race(promises),
      continueAs: (data: unknown) => new SagaContinuation(data),
      fail: (reason: string) => new SagaFailure(reason),
    };
    return run as unknown as Run<AnyEventDefinition>;
  }
}

interface RequestOptions {
  readonly reply: AnyEventDefinition;
  readonly timeout?: Duration;
}

type CommandOf = Command extends infer One ? (One extends Command ? Omit<One, "command"> : never) : never;

function completed(value: unknown): EndEntry {
  if (value instanceof SagaFailure)
    return { kind: "end", state: "failed", error: failureRecord(value.reason) };
  if (value instanceof SagaContinuation)
    return {
      kind: "end",
      state: "completed",
      next: asJson(value.data, "the next run is given").value ?? null,
    };
  return { kind: "end", state: "completed", ...asJson(value, "the saga returned") };
}

/**
 * What JSON makes of a value.
 *
 * @throws TerminalError `SAGA_VALUE_INVALID`
 */
export function asJson(value: unknown, what: string): { readonly value?: unknown } {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw new TerminalError(`What ${what} is no JSON: return what can be kept.`, {
      code: "SAGA_VALUE_INVALID",
      cause,
    });
  }
  return text === undefined ? {} : { value: JSON.parse(text) };
}

function failureRecord(message: string): ErrorRecord {
  return { code: "SAGA_FAILED", message };
}

/** As `commandOf` calls what it leaves in the journal. */
export function describe({ kind, name }: Command): string {
  return kind === "sleep" ? "run.sleep" : `${kind} "${name}"`;
}

/** What it waits for is not of `run`: nobody could answer it again. */
export function astray(): MeshError {
  return new MeshError(
    "SAGA_ASTRAY",
    "The saga waits for a promise that is not of run, which no journal could bring back. Do it in run.step.",
  );
}
