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
  message: WireMessage | undefined;
  ready: boolean;
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

  /** Takes the next places and fills them at once; resolves when all of them are confirmed. */
  send(messages: readonly WireMessage[]): Promise<void> {
    const { promise, resolve, reject } = deferred();
    const last = messages.length - 1;
    for (let i = 0; i <= last; i++) {
      this.#places.push({
        message: messages[i],
        ready: true,
        resolve: i === last ? resolve : nothing,
        reject,
      });
    }
    this.#schedule();
    return promise;
  }

  /** Takes the next place, to be filled later. */
  reserve(): Slot {
    const { promise, resolve, reject } = deferred();
    const place: Place = { message: undefined, ready: false, resolve, reject };
    this.#places.push(place);
    const settle = (message: WireMessage | undefined): void => {
      if (place.ready) return;
      place.message = message;
      place.ready = true;
      if (message === undefined) place.resolve();
      this.#schedule();
    };
    return { fill: settle, giveUp: () => settle(undefined), sent: promise };
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
    const batch = this.#takeReady();
    if (batch.length === 0) return;
    const messages = batch.map((place) => place.message as WireMessage);
    const done = this.broker.publish(this.channel, messages).then(
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

  /** The filled places up to the first that is still open. */
  #takeReady(): Place[] {
    const open = this.#places.findIndex((place) => !place.ready);
    const taken = open === -1 ? this.#places : this.#places.slice(0, open);
    this.#places = open === -1 ? [] : this.#places.slice(open);
    return taken.filter((place) => place.message !== undefined);
  }
}

function nothing(): void {
  // Only the last message of a batch answers for it.
}
