import type {
  AnyEventDefinition,
  Catalog,
  Duration,
  InputOf,
  Logger,
  MeshEvent,
  PublishOptionsFor,
  SagaHistory,
} from "@meshwright/core";
import type { VirtualClock } from "../clock/virtual-clock.js";

/** Where the process of a saga crashes. */
export interface CrashPoint {
  /** In its how-manieth transaction, from 1. Only those that come to their commit are counted. */
  readonly at: number;
  /** Before its commit, so that nothing of it is stored; or after it: all of it is, and the process never learns. */
  readonly when: "before-commit" | "after-commit";
}

export interface SagaHarnessOptions {
  /** Has the events of the saga: those that start it, those it waits for, and those it publishes. */
  readonly catalog: Catalog;
  /**
   * Kills the saga's process once. Another one takes over, as soon as the first one's leases are over: that moves the clock by
   * six seconds. Default: none.
   */
  readonly crash?: CrashPoint;
  /** Names the service that the saga belongs to. Default "sagas". */
  readonly service?: string;
  /** Default: one of its own. */
  readonly clock?: VirtualClock;
  /**
   * How long a step that is under way is waited for, of the machine's time, before the harness takes it that the step waits for
   * something that the test has to do. Default "100ms".
   */
  readonly patience?: Duration;
  /** Of the saga's process. Where a saga does not do what it should, this tells why. Default: silent. */
  readonly logger?: Logger;
}

/** What may be said of an event that is given. */
export type GivenOptions<Definition extends AnyEventDefinition> = Omit<
  PublishOptionsFor<Catalog<Definition>, Definition["type"]>,
  "tx"
>;

/** One attempt of a step, or of a compensation, that was begun. */
export interface StepAttempt {
  /** Of the instance. */
  readonly key: string;
  /** A compensation is called "<name of the step>: compensate". */
  readonly name: string;
  /** 1 for the first. After a crash the same attempt is made again. */
  readonly attempt: number;
  readonly idempotencyKey: string;
}

/** A saga under test. Made by `sagaHarness`. */
export interface SagaHarness extends AsyncDisposable {
  /** Moves only when a test moves it. `skip` does so as well, and waits for what follows. */
  readonly clock: VirtualClock;
  /** Events that the saga has published, in order: since the last `when`, if there was one. */
  readonly published: readonly MeshEvent[];
  /** Every attempt of a step that was begun, in order. */
  readonly steps: readonly StepAttempt[];
  /** Transactions that have come to their commit: the crash points of this run. */
  readonly transactions: number;
  /** Whether the crash that was asked for has happened. */
  readonly hasCrashed: boolean;

  /**
   * Publishes an event, and resolves with it when nothing moves any more: all waits for a time, an event, a signal, or a step
   * that takes long. Its id is "given-1" and so on, unless it is given one.
   *
   * @throws MeshError `NOT_SETTLED`; and as `mesh.publish`
   * @example await harness.given(artifactPublished, { digest: "sha256:1" }, { subject: "web" });
   */
  given<Definition extends AnyEventDefinition>(
    definition: Definition,
    data: InputOf<Catalog<Definition>, Definition["type"]>,
    options?: GivenOptions<Definition>,
  ): Promise<MeshEvent>;

  /**
   * As `given`, and `published` is emptied before it.
   *
   * @example
   * await harness.when(sloBreached, { burnRate: 14 }, { subject: "web" });
   * expect(harness.published.map(({ type }) => type)).toEqual(["com.acme.release.aborted.v1"]);
   */
  when<Definition extends AnyEventDefinition>(
    definition: Definition,
    data: InputOf<Catalog<Definition>, Definition["type"]>,
    options?: GivenOptions<Definition>,
  ): Promise<MeshEvent>;

  /**
   * Moves the clock, from one timer to the next, and resolves when nothing moves any more. Time that a takeover takes does not
   * count.
   *
   * @throws MeshError `NOT_SETTLED`; ConfigurationError `DURATION_INVALID`
   * @example await harness.skip("5m");
   */
  skip(by: Duration): Promise<void>;

  /**
   * As `mesh.sagas.signal`, and resolves when nothing moves any more.
   *
   * @returns whether the instance was running
   * @example await harness.signal("sha256:1", "approve", { by: "ann" });
   */
  signal(key: string, name: string, value?: unknown): Promise<boolean>;

  /**
   * As `mesh.sagas.cancel`, and resolves when nothing moves any more.
   *
   * @returns whether the instance was running
   */
  cancel(key: string, reason?: string): Promise<boolean>;

  /** An instance with its journal; undefined where there is none. */
  instance(key: string): Promise<SagaHistory | undefined>;
}
