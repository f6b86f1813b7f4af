/**
 * Keeps a projection up to date with the store's streams. Any number of processes may do so: who gets hold of the checkpoint does
 * the next batch. What fails is narrowed down until all before it is in; there the projection stands, and tries again.
 */
import type { Cancel } from "../clock/clock.js";
import { HandlerTimeoutError } from "../consume/run.js";
import { MeshError, StoreError } from "../errors/errors.js";
import type { Transaction } from "../store/contract.js";
import { isConflict } from "../store/nesting.js";
import type { LogQuery } from "../store/streams.js";
import { Signal } from "../util/signal.js";
import {
  type BatchDone,
  type BatchOutcome,
  eventOf,
  eventsBefore,
  newTrace,
  runBatch,
  type Trace,
} from "./batch.js";
import { failureAt, type ProjectionFailure } from "./failure.js";
import type { Projection } from "./projection.js";
import { type Runner, type RunnerParts, retired } from "./runner.js";
import { type Standing, standingOf } from "./versions.js";

/** How many events the first transaction takes at most; more while there are more. */
const firstLimit = 64;
/** How long to wait before looking again when nothing said that there is something, as where another process is at work. */
const lookAgainMs = 250;
const [firstPauseMs, longestPauseMs] = [100, 30_000];
/** Of a transaction that lost against another one, at once. */
const retries = 10;

export class LogRunner implements Runner {
  readonly group = undefined;
  readonly moved: Signal = new Signal();
  failure: ProjectionFailure | undefined;
  state: Runner["state"] = "new";
  readonly #query: LogQuery;
  readonly #signal: Signal = new Signal();
  readonly #stop: Signal = new Signal();
  #unwatch: Cancel = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #current: AbortController | undefined;
  #limit: number;
  #pauseMs: number = firstPauseMs;
  /** Where it has last seen its version; others may have moved it on. */
  #position = -1;
  /** This process has seen its version at the head. */
  #hasArrived = false;

  constructor(
    readonly projection: Projection,
    private readonly parts: RunnerParts,
  ) {
    const { from, on, batchLimit } = projection;
    const types = parts.catalog.select(Object.keys(on));
    this.#query =
      typeof from === "object" && "category" in from ? { types, category: from.category } : { types };
    this.#limit = Math.min(firstLimit, batchLimit);
  }

  async begin(): Promise<void> {
    const { name, version } = this.projection;
    const standing = await standingOf(this.parts.store, name);
    if (standing.isRetired(version)) throw retired(this.projection);
  }

  start(): void {
    this.state = "running";
    this.#unwatch = this.parts.store.streams.watch(() => this.#signal.notify());
    this.#running = this.#run();
  }

  async stop(deadline: Promise<void>): Promise<void> {
    this.state = "stopped";
    this.#unwatch();
    for (const signal of [this.#signal, this.#stop, this.moved]) signal.notify();
    await Promise.race([this.#running, deadline]);
    this.#current?.abort(
      new MeshError(
        "MESH_STOPPED",
        "The mesh stopped before the projection's transaction had ended; it was rolled back.",
      ),
    );
    await this.#running;
  }

  async target(position: number | undefined): Promise<number> {
    return position ?? this.parts.store.streams.head();
  }

  async hasReached(target: number, version: number, standing: Standing): Promise<boolean> {
    return standing.position(version) >= target;
  }

  async #run(): Promise<void> {
    while (this.state === "running") {
      const seen = this.#signal.version;
      const trace = newTrace();
      try {
        if (await this.#turn(trace)) await nextLoop();
        else await this.#signal.waitAtMost(seen, lookAgainMs, this.parts.clock);
      } catch (error) {
        await this.#failed(error, trace);
      }
    }
  }

  /** Returns whether there may be more to do. */
  async #turn(trace: Trace): Promise<boolean> {
    const head = await this.parts.store.streams.head();
    const isIdle = this.#hasArrived && head <= this.#position;
    const outcome: BatchOutcome | undefined = isIdle ? undefined : await this.#batch(head, trace);
    if (outcome?.kind === "retired") this.#retired();
    // Where another one has it, it may stand there too.
    if (outcome?.kind === "taken") return false;
    this.failure = undefined;
    this.#pauseMs = firstPauseMs;
    return outcome?.kind === "done" && this.#done(outcome, head);
  }

  async #batch(head: number, trace: Trace): Promise<BatchOutcome> {
    const controller = new AbortController();
    const aborted = rejection(controller.signal);
    this.#current = controller;
    const order = {
      limit: this.#limit,
      head,
      arriving: !this.#hasArrived,
      signal: controller.signal,
      isStopping: () => this.state === "stopped",
      trace,
    };
    const parts = { ...this.parts, projection: this.projection, query: this.#query };
    const work = (tx: Transaction): Promise<BatchOutcome> =>
      this.#inTime(controller, Promise.race([runBatch(tx, parts, order), aborted]));
    try {
      return await this.parts.store.transaction(work, { retries });
    } catch (error) {
      controller.abort(error);
      throw error;
    } finally {
      this.#current = undefined;
    }
  }

  /** Its time begins with the transaction: what it waits for before is no fault of its handlers. */
  async #inTime<T>(controller: AbortController, work: Promise<T>): Promise<T> {
    const { timeoutMs } = this.projection;
    const end = (): void => controller.abort(new HandlerTimeoutError(timeoutMs));
    const cancel = this.parts.clock.after(timeoutMs, end);
    try {
      return await work;
    } finally {
      cancel();
    }
  }

  #done({ before, position, handled, isCut, hasArrived }: BatchDone, head: number): boolean {
    this.#position = position;
    this.#hasArrived ||= hasArrived;
    if (isCut) this.#limit = Math.max(1, handled);
    else if (handled >= this.#limit) this.#limit = Math.min(2 * this.#limit, this.projection.batchLimit);
    if (position > before || hasArrived) this.moved.notify();
    return position > before && (position < head || !this.#hasArrived);
  }

  #retired(): void {
    const { name, version } = this.projection;
    this.parts.logger.error(
      { projection: name, version },
      "the projection was retired while it ran, and stops",
    );
    this.state = "stopped";
    this.moved.notify();
  }

  /** Narrows it down at once; where that goes no further, waits. */
  async #failed(error: unknown, trace: Trace): Promise<void> {
    if (this.state === "stopped") return;
    const fewer = mayPass(error) ? 0 : eventsBefore(trace);
    if (fewer > 0) {
      this.#limit = fewer;
      return;
    }
    this.#limit = 1;
    await this.#stand(error, trace);
  }

  async #stand(error: unknown, trace: Trace): Promise<void> {
    const { clock, logger } = this.parts;
    const { name, version } = this.projection;
    this.failure = failureAt(error, eventOf(trace), this.failure, clock.now());
    const fields = { projection: name, version, ...this.failure, err: error, pauseMs: this.#pauseMs };
    logger.error(fields, "the projection cannot go on, will try again");
    this.moved.notify();
    await this.#stop.waitAtMost(this.#stop.version, this.#pauseMs, clock);
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }
}

/** Nothing is wrong with the events: the database is away, or others were faster too often. */
function mayPass(error: unknown): boolean {
  return isConflict(error) || (error instanceof StoreError && error.retryable);
}

/** Rejects when the signal aborts. */
function rejection(signal: AbortSignal): Promise<never> {
  const rejected = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  rejected.catch(() => undefined);
  return rejected;
}

// Taken once: a test framework may replace the global by a fake.
const immediate = setImmediate;

/** A store in memory would never let timers and sockets have their turn. */
function nextLoop(): Promise<void> {
  return new Promise((resolve) => immediate(resolve));
}
