import type { Delivery, Failure } from "../broker/contract.js";
import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Cause } from "../publish/draft.js";
import type { PublishOptions } from "../publish/options.js";
import type { Prepared, Publisher } from "../publish/publisher.js";
import type { Transaction } from "../store/contract.js";
import { storeRefusals } from "../store/refusals.js";
import type { Logger } from "../util/logger.js";
import type { DeliveryContext } from "./delivery-context.js";
import type { Handler } from "./handler.js";

/** What the attempts of one consumer share. */
export interface AttemptHost {
  readonly group: string;
  readonly channel: string;
  readonly publisher: Publisher;
  readonly logger: Logger;
}

/** One attempt to handle one delivery. */
export class Attempt implements DeliveryContext {
  /** Made on demand, like the signal: most attempts publish nothing. */
  #cause: Cause | undefined;
  #prepared: Prepared[] | undefined;
  #controller: AbortController | undefined;
  #abortReason: Error | undefined;
  #open = true;
  /** The transaction that it is part of, where its group is transactional. */
  tx: Transaction | undefined;
  /** Where it stands among the active ones. */
  place = -1;

  constructor(
    private readonly host: AttemptHost,
    readonly delivery: Delivery,
    readonly event: MeshEvent,
    /** Who wants the event. */
    readonly handlers: readonly Handler[],
  ) {}

  get group(): string {
    return this.host.group;
  }

  get channel(): string {
    return this.host.channel;
  }

  get logger(): Logger {
    return this.host.logger;
  }

  get key(): string {
    return this.delivery.message.key;
  }

  get offset(): string {
    return this.delivery.offset;
  }

  get attempt(): number {
    return this.delivery.attempt;
  }

  get lastFailure(): Failure | undefined {
    return this.delivery.lastFailure;
  }

  /** Made on demand: most handlers never look at it. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#abortReason !== undefined) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  publish(type: string, data: unknown, options: PublishOptions = {}): MeshEvent {
    if (!this.#open) {
      throw new MeshError(
        "CONTEXT_CLOSED",
        "ctx.publish was called after the handler had ended. Await everything the handler starts before it returns.",
      );
    }
    if (options.tx !== undefined && options.tx !== this.tx) throw storeRefusals.foreign();
    this.#cause ??= { group: this.host.group, event: this.event, ordinal: 0 };
    const prepared = this.host.publisher.prepare(type, data, options, this.#cause);
    this.#prepared ??= [];
    this.#prepared.push(prepared);
    return prepared.event;
  }

  /** Begins, or begins again, in a transaction; forgets what was published in one that was rolled back. */
  begin(tx: Transaction): void {
    this.tx = tx;
    this.#cause = undefined;
    this.#prepared = undefined;
    this.#open = this.#abortReason === undefined;
  }

  /** Nothing can be published through this attempt any more. */
  close(): void {
    this.#open = false;
  }

  abort(reason: Error): void {
    this.close();
    this.#abortReason = reason;
    this.#controller?.abort(reason);
  }

  get hasPublished(): boolean {
    return this.#prepared !== undefined;
  }

  /** Sends what the handler published; resolves when the broker has confirmed it. */
  flush(): Promise<void> {
    return this.host.publisher.send(this.#prepared ?? [], this.event);
  }

  /** Adds what the handler published to the outbox. */
  store(tx: Transaction): Promise<void> {
    return this.host.publisher.store(this.#prepared ?? [], tx, this.event);
  }
}
