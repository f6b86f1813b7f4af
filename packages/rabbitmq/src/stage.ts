/**
 * Where what is published waits while a group is made that starts in the past. A publish goes into the log first and to the
 * groups just after it: what the log has may still be on its way here.
 */
import type { Clock } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { connectionLost } from "./errors.js";
import { Feed, mostOpen } from "./feed.js";
import { newId } from "./journal.js";
import type { Link } from "./link.js";
import { placeOf } from "./offsets.js";
import type { Publisher } from "./publisher.js";
import { isOurs, readMessage, type Stored } from "./wire.js";

const betweenLooksMs = 10;

export class Stage {
  readonly #feed: Feed;
  readonly #queue: string;
  readonly #messages: ConsumeMessage[] = [];
  readonly #offsets: Set<string> = new Set();
  /** The latest that came from each publisher. */
  readonly #latest: Map<string, string> = new Map();
  /** Its own, behind all that came. */
  #mark = "";
  #marked: () => void = () => undefined;

  static async open(link: Link, queue: string): Promise<Stage> {
    const stage = new Stage(await Feed.open(link), queue);
    // Without acknowledgements there is no limit. If it breaks, the group is made anew from the log.
    await stage.#feed.consume(queue, mostOpen, (message) => stage.#arrived(message), { noAck: true });
    return stage;
  }

  private constructor(feed: Feed, queue: string) {
    this.#feed = feed;
    this.#queue = queue;
  }

  #arrived(message: ConsumeMessage): void {
    const mark = message.properties.headers?.["mw-mark"];
    if (mark !== undefined) {
      if (mark === this.#mark) this.#marked();
      return;
    }
    this.#messages.push(message);
    const stored = isOurs(message.properties) ? readMessage(message) : undefined;
    if (!stored) return;
    this.#offsets.add(stored.offset);
    const { publisher } = placeOf(stored.offset);
    if (isLater(stored.offset, this.#latest.get(publisher))) this.#latest.set(publisher, stored.offset);
  }

  /**
   * Waits until all of these have come, or something later of the same publisher, since each publishes in order. What came before
   * the stage was there never comes; what has not come for so long never will: its publisher's connection is gone.
   */
  async caughtUp(awaited: Awaited, clock: Clock, withinMs: number): Promise<void> {
    const until = clock.now() + withinMs;
    while (!this.#hasAll(awaited) && this.#feed.open && clock.now() < until) {
      await new Promise<void>((resolve) => clock.after(betweenLooksMs, resolve));
    }
  }

  #hasAll(awaited: Awaited): boolean {
    return awaited.parts.every((offsets) => {
      const last = offsets.at(-1) as string;
      const latest = this.#latest.get(placeOf(last).publisher);
      if (latest !== undefined && isLater(latest, last)) return true;
      return offsets.every((offset) => this.#offsets.has(offset));
    });
  }

  /** All that came, to the end. */
  async drained(publisher: Publisher): Promise<readonly ConsumeMessage[]> {
    this.#mark = newId();
    const marked = new Promise<void>((resolve) => {
      this.#marked = resolve;
    });
    const properties = { persistent: true, headers: { "mw-mark": this.#mark } };
    await publisher.store([{ exchange: "", key: this.#queue, body: Buffer.alloc(0), properties }]);
    await Promise.race([marked, this.#feed.ended]);
    if (!this.#feed.open) throw this.#feed.failure ?? connectionLost();
    return this.#messages;
  }

  async close(): Promise<void> {
    await this.#feed.close();
  }
}

/** Of each publisher the last part that it put into the log, as far as the group wants it. */
export class Awaited {
  readonly #byPublisher: Map<string, readonly string[]> = new Map();

  get parts(): readonly (readonly string[])[] {
    return [...this.#byPublisher.values()];
  }

  /** The events of one message of the log. */
  add(part: readonly Stored[]): void {
    const [first] = part;
    if (!first) return;
    this.#byPublisher.set(
      placeOf(first.offset).publisher,
      part.map(({ offset }) => offset),
    );
  }
}

function isLater(offset: string, than: string | undefined): boolean {
  if (than === undefined) return true;
  const [one, other] = [placeOf(offset), placeOf(than)];
  return one.ms === other.ms ? one.count > other.count : one.ms > other.ms;
}
