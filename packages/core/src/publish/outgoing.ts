import type { Broker, WireMessage } from "../broker/contract.js";
import { deferred } from "../util/deferred.js";

/**
 * A place in the order of publishes, taken when `publish` is called and filled when the message is ready, so that
 * slow plugins cannot reorder events. An empty filling gives the place up.
 */
export interface Slot {
  fill(message: WireMessage): void;
  giveUp(): void;
  /** Settles as the broker did for the batch that carried the message. */
  readonly sent: Promise<void>;
}

interface Place {
  /** What the place was filled with; undefined while it is open. */
  messages: readonly WireMessage[] | undefined;
  resolve(): void;
  reject(error: unknown): void;
}

/** Messages on their way to one channel: everything of a tick leaves in one call, in order. */
export class Outgoing {
  #places: Place[] = [];
  #scheduled = false;
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly broker: Broker,
    private readonly channel: string,
  ) {}

  /** Takes the next place and fills it at once; resolves when all of the messages are confirmed. */
  send(messages: readonly WireMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#places.push({ messages, resolve, reject });
      this.#schedule();
    });
  }

  /** Takes the next place, to be filled later. */
  reserve(): Slot {
    const { promise, resolve, reject } = deferred();
    const place: Place = { messages: undefined, resolve, reject };
    this.#places.push(place);
    const fill = (messages: readonly WireMessage[]): void => {
      if (place.messages !== undefined) return;
      place.messages = messages;
      this.#schedule();
    };
    return { fill: (message) => fill([message]), giveUp: () => fill([]), sent: promise };
  }

  /** Resolves when nothing waits or is under way. Never rejects: each publish has its own outcome. */
  async idle(): Promise<void> {
    while (this.#places.length > 0 || this.#underWay.size > 0) {
      await Promise.all([...this.#underWay]);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const batch = this.#takeFilled();
    if (batch.length === 0) return;
    const done = this.#publish(batch).then(
      () => {
        for (const place of batch) place.resolve();
      },
      (error: unknown) => {
        for (const place of batch) place.reject(error);
      },
    );
    this.#underWay.add(done);
    void done.then(() => this.#underWay.delete(done));
  }

  async #publish(batch: readonly Place[]): Promise<void> {
    const [first] = batch;
    const messages = batch.length === 1 ? first?.messages : batch.flatMap((place) => place.messages ?? []);
    if (messages !== undefined && messages.length > 0) await this.broker.publish(this.channel, messages);
  }

  /** The filled places up to the first that is still open. */
  #takeFilled(): Place[] {
    const open = this.#places.findIndex((place) => place.messages === undefined);
    const taken = open === -1 ? this.#places : this.#places.slice(0, open);
    this.#places = open === -1 ? [] : this.#places.slice(open);
    return taken;
  }
}
