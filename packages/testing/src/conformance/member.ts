import type {
  Delivery,
  Failure,
  Settlement,
  Subscription,
  SubscriptionRequest,
} from "@meshwright/core/adapter";
import { failure } from "./messages.js";

/** What a member does with each batch, if it does anything by itself. */
export type Handle = (batch: readonly Delivery[], member: Member) => void | Promise<void>;

/** What a member needs of its test. */
export interface MemberHooks {
  eventually<T>(what: string, condition: () => T): Promise<unknown>;
  /** Told of an iteration that failed or ended by itself. */
  fault(error: unknown): void;
}

/** A subscription that is iterated at once and without end, and remembers what it got. */
export class Member {
  readonly request: SubscriptionRequest;
  /** Everything delivered so far, in order. */
  readonly received: Delivery[] = [];
  /** Whether the iteration is over. */
  ended = false;
  readonly #subscription: Subscription;
  readonly #hooks: MemberHooks;
  readonly #handle: Handle | undefined;
  #expectsEnd = false;
  #taken = 0;

  constructor(
    subscription: Subscription,
    request: SubscriptionRequest,
    hooks: MemberHooks,
    handle: Handle | undefined,
  ) {
    this.#subscription = subscription;
    this.request = request;
    this.#hooks = hooks;
    this.#handle = handle;
    void this.#pump();
  }

  async #pump(): Promise<void> {
    try {
      for await (const batch of this.#subscription) {
        this.received.push(...batch);
        await this.#handle?.(batch, this);
      }
      if (!this.#expectsEnd)
        this.#hooks.fault(new Error(`The iteration of ${this.request.group} ended by itself.`));
    } catch (error) {
      if (!this.#expectsEnd) this.#hooks.fault(error);
    } finally {
      this.ended = true;
    }
  }

  /** From now on the end of the iteration is no fault: its process was killed, or its broker closed. */
  expectEnd(): void {
    this.#expectsEnd = true;
  }

  /** Waits for so many deliveries beyond those already taken, and takes them. */
  async take(count: number): Promise<Delivery[]> {
    await this.#hooks.eventually(
      `${this.request.group} receives ${count} more (after ${this.#taken}, it has ${this.received.length})`,
      () => this.received.length >= this.#taken + count,
    );
    const taken = this.received.slice(this.#taken, this.#taken + count);
    this.#taken += count;
    return taken;
  }

  /** Waits for one more delivery and takes it. */
  async one(): Promise<Delivery> {
    const [delivery] = await this.take(1);
    return delivery as Delivery;
  }

  settle(settlements: readonly Settlement[]): Promise<void> {
    return this.#subscription.settle(settlements);
  }

  ack(deliveries: readonly Delivery[]): Promise<void> {
    return this.settle(deliveries.map((delivery) => ({ delivery, outcome: "ack" })));
  }

  release(deliveries: readonly Delivery[]): Promise<void> {
    return this.settle(deliveries.map((delivery) => ({ delivery, outcome: "release" })));
  }

  retry(delivery: Delivery, delayMs = 0, why: Failure = failure): Promise<void> {
    return this.settle([{ delivery, outcome: "retry", delayMs, failure: why }]);
  }

  deadLetter(deliveries: readonly Delivery[], why: Failure = failure): Promise<void> {
    return this.settle(deliveries.map((delivery) => ({ delivery, outcome: "deadLetter", failure: why })));
  }

  close(): Promise<void> {
    this.expectEnd();
    return this.#subscription.close();
  }
}

/** A handler that acknowledges every batch as it comes. */
export const ackAll: Handle = (batch, member) => member.ack(batch);
