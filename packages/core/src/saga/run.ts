/** What a running saga can do. All of it is in its journal: done again from there, it has the same outcome. */
import type { RetryPolicy } from "../consume/retry.js";
import type { MeshEvent } from "../event/event.js";
import type { PublishOptions } from "../publish/options.js";
import type { EventOf, InputsByType } from "../schema/by-type.js";
import type { AnyEventDefinition } from "../schema/definition.js";
import type { Duration } from "../util/duration.js";

/** What a step is given. */
export interface StepContext {
  /** Says that the step is still at work, where it has a `heartbeat`. */
  heartbeat(): void;
  /** The same for every attempt of this step, and of no other: give it to what you call, so that it does it once. */
  readonly idempotencyKey: string;
  /** 1 for the first. A crash does not count. */
  readonly attempt: number;
  /** Aborts when its time is up, the saga is cancelled, or the process stops without waiting longer. */
  readonly signal: AbortSignal;
}

export interface StepOptions {
  /** When an attempt has failed. Default: two more at once, then after 1 s, 10 s, 1 min and 10 min. */
  readonly retry?: RetryPolicy;
  /** How long one attempt may take. Default: as long as it likes. */
  readonly timeout?: Duration;
  /** How long one attempt may be silent: it calls `context.heartbeat` in time, or has failed. Default: as long as it likes. */
  readonly heartbeat?: Duration;
  /**
   * Undoes what the step has done, when the saga is compensated. It is a step itself, and called as well where the step was under
   * way when the saga was cancelled: it must do no harm where there is nothing to undo.
   */
  readonly compensate?: (context: StepContext) => unknown;
}

/** What an event has to equal: attributes, and fields of its data. */
export type Where<Event> = {
  readonly [Name in keyof Event]?: Event[Name] extends string | number | boolean | null | undefined
    ? Event[Name]
    : Event[Name] extends object
      ? Where<Event[Name]>
      : unknown;
};

export interface WaitOptions<Event> {
  /** Which event of the type. Default: any. */
  readonly where?: Where<Event>;
  /** Default: it waits for ever. */
  readonly timeout?: Duration;
}

type InputOf<Definition extends AnyEventDefinition> = InputsByType<Definition>[Definition["type"]];

/** @typeParam Start - the data of what starts it */
export interface Run<Awaited extends AnyEventDefinition, Start = unknown> {
  /** The key of this instance. */
  readonly key: string;

  /**
   * Does something outside, and keeps its result: JSON, and what comes back is what JSON makes of it. It may be done more than
   * once where a process dies meanwhile; see `idempotencyKey`. A TerminalError is not tried again, a RetryableError after its time.
   *
   * @throws StepFailedError when its retries are used up; SagaCancelledError
   */
  step<T>(name: string, work: (context: StepContext) => T | Promise<T>, options?: StepOptions): Promise<T>;

  /**
   * Publishes an event, with the transaction that keeps what the saga has done. Its id is the same whenever the code runs again.
   *
   * @throws MeshError with the codes of `mesh.publish`, such as `EVENT_SCHEMA_MISMATCH`
   */
  publish<Definition extends AnyEventDefinition>(
    definition: Definition,
    data: InputOf<Definition>,
    options?: Omit<PublishOptions, "tx" | "id" | "source" | "delay">,
  ): Promise<MeshEvent>;

  /** Waits for an event. Resolves with undefined when the timeout is over first. */
  waitFor<Definition extends Awaited>(
    definition: Definition,
    options?: WaitOptions<EventOf<Definition>>,
  ): Promise<EventOf<Definition> | undefined>;

  /** Publishes an event and waits for one that was caused by it: published while it was handled, so that `causationid` is its id. */
  request<Definition extends AnyEventDefinition, Reply extends Awaited>(
    definition: Definition,
    data: InputOf<Definition>,
    options: { readonly reply: Reply; readonly timeout?: Duration },
  ): Promise<EventOf<Reply> | undefined>;

  /** Waits for `mesh.sagas.signal`: an approval, a decision. Resolves with undefined when the timeout is over first. */
  signal<T = unknown>(name: string, options?: { readonly timeout?: Duration }): Promise<T | undefined>;

  sleep(duration: Duration): Promise<void>;

  /** Milliseconds since the epoch. */
  now(): number;
  /** From 0 to below 1. */
  random(): number;
  uuid(): string;

  /** Whether this instance came here first with code that has this change: false where it went on without. */
  patched(id: string): boolean;

  /** `Promise.all`, in the order of the journal. */
  all<const T extends readonly unknown[]>(promises: T): Promise<{ -readonly [K in keyof T]: Awaited_<T[K]> }>;
  /** `Promise.race`, in the order of the journal. The others are still waited for, without effect. */
  race<const T extends readonly unknown[]>(promises: T): Promise<Awaited_<T[number]>>;

  /**
   * Begins anew with an empty journal, when it is returned: for what goes on for ever. The next run of the key has a start event
   * with this data, and all that has come and was not taken.
   *
   * @example return run.continueAs({ ...start.data, round: start.data.round + 1 });
   */
  continueAs(data: Start): SagaContinuation;

  /** Ends the saga as failed, for this reason, when it is returned. Nothing is compensated. */
  fail(reason: string): SagaFailure;
}

type Awaited_<T> = globalThis.Awaited<T>;

/** What `run.continueAs` makes. */
export class SagaContinuation {
  constructor(readonly data: unknown) {}
}

/** What `run.fail` makes. */
export class SagaFailure {
  constructor(readonly reason: string) {}
}
