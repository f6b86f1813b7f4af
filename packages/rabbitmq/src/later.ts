/**
 * Messages that are not due yet: published for later, or retries of a group without order. Of all connections that read such a
 * queue one at a time holds what is in it, by single active consumer, and moves each message on when its time has come. Without any
 * they wait until there is one.
 */
import type { Cancel, Clock, Logger } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { Feed } from "./feed.js";
import type { Link } from "./link.js";
import { runAgain } from "./run.js";
import { number } from "./wire.js";

export interface LaterParts {
  /** For the log: the channel, the group. */
  readonly where: Readonly<Record<string, string>>;
  readonly queues: readonly string[];
  readonly link: Link;
  readonly clock: Clock;
  readonly logger: Logger;
  /** They take their places now. */
  move(messages: readonly ConsumeMessage[]): Promise<void>;
  /** Makes the queues again, when somebody has deleted one. */
  restore(): Promise<void>;
}

interface Waiting {
  readonly due: number;
  readonly tag: number;
  readonly message: ConsumeMessage;
}

/** Of a queue. Bounds the memory: those beyond come late, if so many that were stored before them are due after them. */
const mostHeld = 10_000;

export class Later {
  readonly #parts: LaterParts;
  #feed: Feed | undefined;
  #waiting: Waiting[] = [];
  #timer: Cancel = () => undefined;
  #endPause: () => void = () => undefined;
  /** What is being moved. */
  #moving: Promise<void> = Promise.resolve();
  #closed = false;
  readonly #running: Promise<void>;

  constructor(parts: LaterParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** Lets another one take over, after what is being moved has been. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#timer();
    this.#endPause();
    await this.#moving;
    await this.#feed?.close();
    await this.#running;
  }

  #run(): Promise<void> {
    const { clock, logger, where } = this.#parts;
    const pause = (ms: number): Promise<void> =>
      new Promise((resolve) => {
        const cancel = clock.after(ms, resolve);
        this.#endPause = () => {
          cancel();
          resolve();
        };
      });
    return runAgain(
      { clock, logger, pause, restore: () => this.#parts.restore() },
      {
        where,
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
    const { link, queues } = this.#parts;
    const feed = await Feed.open(link);
    this.#feed = feed;
    if (this.#closed) await feed.close();
    else await Promise.all(queues.map((queue) => feed.consume(queue, mostHeld, (one) => this.#arrived(one))));
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
    this.#timer = clock.after(Math.max(0, next.due - clock.now()), () => this.#mature());
  }

  #mature(): void {
    const { clock } = this.#parts;
    const now = clock.now();
    const count = this.#waiting.findIndex(({ due }) => due > now);
    const due = this.#waiting.splice(0, count < 0 ? this.#waiting.length : count);
    const feed = this.#feed;
    this.#arm();
    if (due.length === 0 || !feed) return;
    this.#moving = Promise.all([this.#moving, this.#move(due, feed)]).then(() => undefined);
  }

  async #move(due: readonly Waiting[], feed: Feed): Promise<void> {
    const { move, logger } = this.#parts;
    try {
      await move(due.map(({ message }) => message));
      for (const { tag } of due) feed.ack(tag);
      await feed.flushed();
    } catch (error) {
      logger.debug({ err: error }, "messages that are due could not be moved on yet");
      await feed.close();
    }
  }
}
