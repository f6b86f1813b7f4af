/**
 * The way in: deliver -> decode -> lift -> validate -> route -> middleware -> handler -> settle. This folder runs one
 * group on one channel. It may import the layers below and `publish`, which carries what handlers publish.
 */
import type { Broker, Delivery, Failure, StartPosition, Subscription } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import { decode } from "../codec/codec.js";
import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { ClaimCheck } from "../publish/claim-check.js";
import type { Publisher } from "../publish/publisher.js";
import type { Catalog } from "../schema/catalog.js";
import type { Issue } from "../schema/validation.js";
import type { Store } from "../store/contract.js";
import { deferred } from "../util/deferred.js";
import type { Logger } from "../util/logger.js";
import { ActiveAttempts } from "./active.js";
import { Attempt, type AttemptHost } from "./attempt.js";
import { type Counters, newCounters } from "./counters.js";
import type { Handler } from "./handler.js";
import { Lanes } from "./lanes.js";
import { compose, type Middleware, type Run } from "./middleware.js";
import { exhausted, failureOf, type Retry, settlementOf } from "./outcome.js";
import { Planner } from "./plan.js";
import { maxAttempts, type RetryPolicy } from "./retry.js";
import { runHandlers } from "./run.js";
import { Settler } from "./settler.js";
import { inTransaction } from "./transactional.js";

/** What to do with an event that cannot be handled as it is. */
export type Unhandleable = "deadLetter" | "skip";

/** How a group works, and on what. */
export interface ConsumerOptions {
  readonly group: string;
  readonly channel: string;
  readonly ordering: "key" | "none";
  readonly from: StartPosition;
  readonly concurrency: number;
  readonly prefetch: number;
  readonly retry: RetryPolicy;
  /** Handles each event in a transaction of the store, once. */
  readonly transactional: boolean;
  readonly handlers: readonly Handler[];
  /** The types to ask for, where the broker filters; undefined for all. */
  readonly types: readonly string[] | undefined;
}

/** What all consumers of a mesh share. */
export interface ConsumerParts {
  readonly broker: Broker;
  /** Needed by transactional groups. */
  readonly store: Store | undefined;
  readonly catalog: Catalog;
  readonly publisher: Publisher;
  readonly middleware: readonly Middleware[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly dataref: ClaimCheck | undefined;
  readonly unknownType: Unhandleable;
  readonly expired: Unhandleable;
}

export class Consumer {
  readonly counters: Counters = newCounters();
  readonly #lanes: Lanes;
  readonly #planner: Planner;
  readonly #chain: Run;
  readonly #host: AttemptHost;
  readonly #active = new ActiveAttempts();
  readonly #subscription: Subscription;
  readonly #settler: Settler;
  readonly #pulling: Promise<void>;
  readonly #quiet = deferred();
  #stopping = false;
  #abandoned = false;

  private constructor(
    readonly options: ConsumerOptions,
    private readonly parts: ConsumerParts,
    subscription: Subscription,
  ) {
    this.#lanes = new Lanes(options.ordering === "key", options.concurrency, (delivery) =>
      this.#handle(delivery),
    );
    this.#planner = new Planner(parts.catalog, options.handlers, (error) => this.#filterFailed(error));
    this.#chain = compose(parts.middleware, (event, attempt) => runHandlers(event, attempt, parts.clock));
    const { group, channel } = options;
    this.#host = { group, channel, publisher: parts.publisher, logger: parts.logger };
    this.#subscription = subscription;
    this.#settler = new Settler(subscription, parts.clock, parts.logger);
    this.#pulling = this.#pull();
  }

  /** Joins the group; resolves when this member is live. */
  static async start(options: ConsumerOptions, parts: ConsumerParts): Promise<Consumer> {
    const { channel, group, ordering, from, prefetch, types } = options;
    const request = { channel, group, ordering, from, prefetch };
    const subscription = await parts.broker.subscribe(types === undefined ? request : { ...request, types });
    return new Consumer(options, parts, subscription);
  }

  /**
   * Takes nothing new, gives back what has not begun, lets what runs end until `deadline` resolves, and then gives
   * that back too. Resolves when all of it is recorded, or the broker could not be told.
   */
  async stop(deadline: Promise<void>): Promise<void> {
    this.#stopping = true;
    this.#release(this.#lanes.withdrawAll());
    if (this.#active.size > 0) await Promise.race([this.#quiet.promise, deadline]);
    this.#abandon();
    await Promise.race([this.#settler.idle(), deadline]);
    this.#settler.giveUp();
    await this.#subscription.close();
    await this.#pulling;
  }

  /** To leave the loop would close the subscription, and give back what is being handled. */
  async #pull(): Promise<void> {
    const batches = this.#subscription[Symbol.asyncIterator]();
    const givenBack = new Set<string>();
    try {
      for (;;) {
        const { done, value: batch } = await batches.next();
        if (done) return;
        if (!this.#stopping) this.#lanes.accept(batch);
        else if (this.#comesBack(batch, givenBack)) return;
      }
    } catch (error) {
      this.parts.logger.error({ err: error, ...this.#where() }, "the subscription ended with an error");
    }
  }

  /** Gives back what came since it stops. Returns whether something of it came a second time: then nobody else wants it now. */
  #comesBack(batch: readonly Delivery[], givenBack: Set<string>): boolean {
    const again = batch.some(({ offset }) => givenBack.has(offset));
    for (const { offset } of batch) givenBack.add(offset);
    this.#release(batch);
    return again;
  }

  /** Whatever happens to a delivery ends in a settlement. */
  #handle(delivery: Delivery): Promise<void> | undefined {
    try {
      const event = this.#acceptable(delivery);
      if (event === undefined) return undefined;
      return event.dataref === undefined
        ? this.#attempt(delivery, event)
        : this.#fetchAndAttempt(delivery, event);
    } catch (error) {
      // A validator or schema of the user's threw: to the group that is a failed attempt like any other.
      this.#fail(delivery, error);
      return undefined;
    }
  }

  /** The event of a delivery, if it is one to be handled; else the delivery is settled. */
  #acceptable(delivery: Delivery): MeshEvent | undefined {
    const { type } = delivery.message;
    if (type !== "" && !this.#planner.concerns(type)) return this.#skip(delivery, "unmatched");
    const event = this.#decoded(delivery);
    if (event === undefined) return undefined;
    if (!this.#planner.concerns(event.type)) return this.#skip(delivery, "unmatched");
    if (this.parts.catalog.entry(event.type) === undefined) return this.#unknown(delivery, event);
    if (isExpired(event, this.parts.clock)) return this.#expire(delivery, event);
    if (delivery.attempt > maxAttempts(this.options.retry))
      return this.#deadLetter(delivery, exhausted(delivery));
    return event;
  }

  /** Never rejects. */
  async #fetchAndAttempt(delivery: Delivery, event: MeshEvent): Promise<void> {
    try {
      await this.#attempt(delivery, await this.#fetched(event));
    } catch (error) {
      this.#fail(delivery, error);
    }
  }

  #attempt(delivery: Delivery, event: MeshEvent): Promise<void> | undefined {
    const lifted = this.parts.catalog.lift(event);
    if (!lifted.ok) return this.#invalid(delivery, lifted.issues);
    const handlers = this.#planner.wanting(lifted.event);
    if (handlers.length === 0) return this.#skip(delivery, "filtered");
    return this.#run(new Attempt(this.#host, delivery, lifted.event, handlers));
  }

  /** Never rejects. */
  async #run(attempt: Attempt): Promise<void> {
    if (this.#abandoned) return;
    this.#active.add(attempt);
    try {
      const first = await this.#toItsEnd(attempt);
      if (this.#active.delete(attempt)) this.#done(attempt.delivery, first);
    } catch (error) {
      attempt.close();
      if (this.#active.delete(attempt)) this.#fail(attempt.delivery, error);
    }
    if (this.#stopping && this.#active.size === 0) this.#quiet.resolve();
  }

  /** Returns whether it is the first time. */
  async #toItsEnd(attempt: Attempt): Promise<boolean> {
    const { store } = this.parts;
    if (store !== undefined && this.options.transactional)
      return inTransaction(store, attempt, async () => void (await this.#chain(attempt.event, attempt)));
    await this.#chain(attempt.event, attempt);
    attempt.close();
    if (attempt.hasPublished) await attempt.flush();
    return true;
  }

  #decoded(delivery: Delivery): MeshEvent | undefined {
    try {
      return decode(delivery.message);
    } catch (error) {
      this.counters.undecodable++;
      this.#deadLetter(delivery, failureOf("undecodable", error));
      return undefined;
    }
  }

  async #fetched(event: MeshEvent): Promise<MeshEvent> {
    const { dataref } = this.parts;
    if (dataref === undefined || event.dataref === undefined || event.data !== undefined) return event;
    return { ...event, data: await dataref.load(event.dataref, event) };
  }

  #done(delivery: Delivery, first: boolean): void {
    this.counters[first ? "handled" : "repeated"]++;
    this.#settler.add({ delivery, outcome: "ack" });
  }

  #skip(delivery: Delivery, why: "unmatched" | "filtered"): undefined {
    this.counters[why]++;
    this.#settler.add({ delivery, outcome: "ack" });
  }

  #unknown(delivery: Delivery, event: MeshEvent): undefined {
    const { type } = event;
    this.parts.logger.warn(
      { ...this.#where(delivery), type, outcome: this.parts.unknownType },
      "the catalog has no such event type",
    );
    this.counters.unknownType++;
    const message = "The catalog has no event of this type. Add its definition and redrive.";
    const failure: Failure = { reason: "unknown-type", code: "EVENT_TYPE_UNKNOWN", message };
    this.#unhandleable(delivery, this.parts.unknownType, failure);
  }

  #expire(delivery: Delivery, event: MeshEvent): undefined {
    const { type, expirytime } = event;
    this.parts.logger.warn(
      { ...this.#where(delivery), type, expirytime, outcome: this.parts.expired },
      "the event has expired",
    );
    this.counters.expired++;
    const message = `The event was to be handled before ${expirytime}.`;
    this.#unhandleable(delivery, this.parts.expired, { reason: "expired", code: "EVENT_EXPIRED", message });
  }

  #unhandleable(delivery: Delivery, outcome: Unhandleable, failure: Failure): void {
    if (outcome === "deadLetter") this.#deadLetter(delivery, failure);
    else this.#settler.add({ delivery, outcome: "ack" });
  }

  #invalid(delivery: Delivery, issues: readonly Issue[]): undefined {
    this.counters.invalid++;
    const message = issues.map(({ path, reason }) => `${path} ${reason}`).join("; ");
    this.#deadLetter(delivery, { reason: "invalid", code: "EVENT_SCHEMA_MISMATCH", message });
  }

  #deadLetter(delivery: Delivery, failure: Failure): undefined {
    this.counters.deadLettered++;
    this.parts.logger.error({ ...this.#where(delivery), ...failure }, "dead-lettered");
    this.#settler.add({ delivery, outcome: "deadLetter", failure });
  }

  #fail(delivery: Delivery, error: unknown): void {
    const settlement = settlementOf(delivery, error, this.options.retry);
    if (settlement.outcome === "deadLetter") this.#deadLetter(delivery, settlement.failure);
    else this.#retry(delivery, settlement, error);
  }

  /** Later events of the key must wait for this one, so those that wait here go back in the same call. */
  #retry(delivery: Delivery, settlement: Retry, error: unknown): void {
    this.counters.retried++;
    const fields = { ...this.#where(delivery), err: error, delayMs: settlement.delayMs };
    this.parts.logger.warn(fields, "failed, will be tried again");
    this.#settler.add(settlement);
    if (this.options.ordering === "none") return;
    this.#release(this.#lanes.withdraw(delivery.message.key));
    this.#settler.flush();
  }

  #release(deliveries: readonly Delivery[]): void {
    this.counters.released += deliveries.length;
    for (const delivery of deliveries) this.#settler.add({ delivery, outcome: "release" });
  }

  /** Gives back what still runs; how it ends does not matter any more. */
  #abandon(): void {
    this.#abandoned = true;
    for (const attempt of this.#active.takeAll()) {
      attempt.abort(
        new MeshError(
          "MESH_STOPPED",
          "The mesh stopped before the handler had ended; the event will be delivered again.",
        ),
      );
      this.#release([attempt.delivery]);
    }
  }

  #filterFailed(error: unknown): void {
    this.counters.filterErrors++;
    this.parts.logger.warn({ ...this.#where(), err: error }, "a predicate threw; the event does not match");
  }

  #where(delivery?: Delivery): object {
    const { group, channel } = this.options;
    if (delivery === undefined) return { group, channel };
    return { group, channel, id: delivery.message.id, offset: delivery.offset, attempt: delivery.attempt };
  }
}

function isExpired(event: MeshEvent, clock: Clock): boolean {
  return event.expirytime !== undefined && Date.parse(event.expirytime) <= clock.now();
}
