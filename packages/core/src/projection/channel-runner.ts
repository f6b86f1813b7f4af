/**
 * A projection of a channel: a group of the broker whose handler is transactional. The broker shares out the work and tries
 * again; here is what begins a version, and what makes it the live one when the group has caught up.
 */
import { type GroupReport, isInspector } from "../broker/contract.js";
import type { DeliveryContext } from "../consume/delivery-context.js";
import { ConfigurationError, MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import { Signal } from "../util/signal.js";
import { BufferedDocuments } from "./documents.js";
import { failureAt, type ProjectionFailure } from "./failure.js";
import type { ErasedContext, Projection } from "./projection.js";
import { type Runner, type RunnerParts, retired } from "./runner.js";
import { arrive, begin, namesOf } from "./versions.js";

/** How long to wait before asking the broker again whether the group has caught up. */
const lookAgainMs = 250;
const [firstPauseMs, longestPauseMs] = [100, 30_000];
const retries = 10;

/** The group of a version: what a handler with the name "releases.v2" would have. */
function groupOf(service: string, { name, version }: Pick<Projection, "name" | "version">): string {
  return `${service}.${name}.v${version}`;
}

export class ChannelRunner implements Runner {
  readonly group: string;
  readonly moved: Signal = new Signal();
  failure: ProjectionFailure | undefined;
  state: Runner["state"] = "new";
  readonly #stop: Signal = new Signal();
  #running: Promise<void> = Promise.resolve();

  constructor(
    readonly projection: Projection,
    private readonly parts: RunnerParts,
  ) {
    this.group = groupOf(parts.service, projection);
  }

  /** The handler of the group. */
  readonly handle = async (event: MeshEvent, delivery: DeliveryContext): Promise<void> => {
    const { tx, channel, key, offset, signal, logger } = delivery;
    if (tx === undefined)
      throw new MeshError("STORE_MISSING", "A projection needs a transaction, and there is none.");
    const documents = new BufferedDocuments(tx.documents, namesOf(this.projection).documents);
    const context: ErasedContext = Object.assign({ channel, key, offset }, { documents, tx, signal, logger });
    await this.projection.on[event.type]?.(event, context);
    await documents.flush();
  };

  /** Before the group's first event. Waits while another process does it. */
  async begin(): Promise<void> {
    const { store, clock } = this.parts;
    const { position } = namesOf(this.projection);
    for (;;) {
      const begun = await store.transaction(
        async (tx) => ((await tx.hold(position)) === undefined ? undefined : begin(tx, this.projection)),
        { retries },
      );
      if (begun === true) return;
      if (begun === false) throw retired(this.projection);
      if (this.state === "stopped")
        throw new MeshError("MESH_STOPPED", "The mesh stopped before it had started.");
      await this.#stop.waitAtMost(this.#stop.version, lookAgainMs, clock);
    }
  }

  start(): void {
    this.state = "running";
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.state = "stopped";
    this.#stop.notify();
    this.moved.notify();
    await this.#running;
  }

  async target(position: number | undefined): Promise<number> {
    if (position === undefined) return 0;
    throw new ConfigurationError(
      "OPTION_INVALID",
      "caughtUp takes no position where a projection is from a channel: its events have none.",
    );
  }

  async hasReached(_: number, version: number): Promise<boolean> {
    return (await this.#report(version))?.lag === 0;
  }

  /** Until it is at the head. */
  async #run(): Promise<void> {
    const since = this.parts.clock.now();
    let pauseMs = firstPauseMs;
    while (this.state === "running") {
      let waitMs = lookAgainMs;
      try {
        if (await this.#arrive(since)) return;
        [this.failure, pauseMs] = [undefined, firstPauseMs];
      } catch (error) {
        this.#failed(error);
        waitMs = pauseMs;
        pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      }
      await this.#stop.waitAtMost(this.#stop.version, waitMs, this.parts.clock);
    }
  }

  /** @param since - what was stored before has to be handled. Where events never cease there is always some lag */
  async #arrive(since: number): Promise<boolean> {
    const report = await this.#report(this.projection.version);
    const { lag, oldestUnsettledAt = 0 } = report ?? { lag: 1 };
    if (lag > 0 && oldestUnsettledAt <= since) return false;
    const { position } = namesOf(this.projection);
    const arrived = await this.parts.store.transaction(
      async (tx) => (await tx.hold(position)) !== undefined && arrive(tx, this.projection),
      { retries },
    );
    if (arrived) this.moved.notify();
    return arrived;
  }

  async #report(version: number): Promise<GroupReport | undefined> {
    const { broker, service } = this.parts;
    if (!isInspector(broker)) return undefined;
    const group = groupOf(service, { ...this.projection, version });
    return (await broker.inspect()).find((one) => one.group === group);
  }

  #failed(error: unknown): void {
    const { clock, logger } = this.parts;
    const { name, version } = this.projection;
    this.failure = failureAt(error, undefined, this.failure, clock.now());
    logger.error(
      { projection: name, version, err: error },
      "the projection could not become live, will try again",
    );
  }
}
