/**
 * Messages that were published for later, of one channel. Of all connections that use the channel one at a time holds them, by
 * single active consumer, and publishes each when its time has come. Without any they wait until there is one.
 */
import type { Cancel, Clock, Logger, WireMessage } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { Feed } from "./feed.js";
import type { Link } from "./link.js";
import { runAgain } from "./run.js";
import { number, readMessage, salvage } from "./wire.js";

export interface LaterParts {
  readonly channel: string;
  readonly queue: string;
  readonly link: Link;
  readonly clock: Clock;
  readonly logger: Logger;
  /** They take their places now. */
  publish(messages: readonly WireMessage[]): Promise<void>;
}

interface Waiting {
  readonly due: number;
  readonly tag: number;
  readonly message: ConsumeMessage;
}

/** Bounds the memory. Those beyond come late, if so many are due before them. */
const mostHeld = 10_000;

export class Later {
  readonly #parts: LaterParts;
  #feed: Feed | undefined;
  #waiting: Waiting[] = [];
  #timer: Cancel = () => undefined;
  #endPause: () => void = () => undefined;
  #closed = false;
  readonly #running: Promise<void>;

  constructor(parts: LaterParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Lets another one take over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer();
    this.#endPause();
    await this.#feed?.close();
    await this.#running;
  }

  #run(): Promise<void> {
    const { clock, logger, channel } = this.#parts;
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const cancel = clock.after(ms, resolve);
        this.#endPause = () => {
          cancel();
          resolve();
        };
      });
    // Who publishes next makes it again.
    const restore = (): Promise<void> => Promise.resolve();
    return runAgain(
      { clock, logger, pause, restore },
      {
        where: { channel },
        closed: () => this.#closed,
        once: () => this.#consume(),
        lost: () => {
          this.#timer();
          this.#waiting = [];
          return Promise.resolve();
        },
      },
    );
  }

  async #consume(): Promise<void> {
    const { link, queue } = this.#parts;
    const feed = await Feed.open(link);
    this.#feed = feed;
    if (this.#closed) await feed.close();
    else await feed.consume(queue, mostHeld, (message) => this.#arrived(message));
    await feed.ended;
    // What waits for longer than the server has patience with is simply taken up again.
    if (feed.failure && feed.failure.code !== "RABBITMQ_CONSUMER_TIMEOUT") throw feed.failure;
  }

  #arrived(message: ConsumeMessage): void {
    const headers = message.properties.headers ?? {};
    const due = number(headers["mw-due"]) ?? 0;
    let at = this.#waiting.length;
    while (at > 0 && (this.#waiting[at - 1] as Waiting).due > due) at--;
    this.#waiting.splice(at, 0, { due, tag: message.fields.deliveryTag, message });
    if (at === 0) this.#arm();
  }

  #arm(): void {
    this.#timer();
    const next = this.#waiting[0];
    if (!next || this.#closed) return;
    const { clock } = this.#parts;
    this.#timer = clock.after(Math.max(0, next.due - clock.now()), () => void this.#mature());
  }

  async #mature(): Promise<void> {
    const { clock, publish, logger } = this.#parts;
    const now = clock.now();
    const count = this.#waiting.findIndex(({ due }) => due > now);
    const due = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
    const feed = this.#feed;
    this.#arm();
    if (due.length === 0 || !feed) return;
    try {
      await publish(due.map(({ message }) => (readMessage(message) ?? salvage(message)).message));
      for (const { tag } of due) feed.ack(tag);
    } catch (error) {
      logger.debug({ err: error }, "messages that are due could not be published yet");
      await feed.close();
    }
  }
}
