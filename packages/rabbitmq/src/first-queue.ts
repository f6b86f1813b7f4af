/** A partition's history, of a group that started in the past. It ends with a mark, and goes once all of it is settled. */
import type { ConsumeMessage } from "amqplib";
import { replyCode } from "./errors.js";
import type { Link } from "./link.js";

export class FirstQueue {
  readonly name: string;
  readonly #link: Link;
  /** How many of its messages this leader has read and not settled. */
  open = 0;
  /** Read to its end. */
  read = false;
  #gone = false;

  constructor(link: Link, name: string) {
    this.#link = link;
    this.name = name;
  }

  async exists(): Promise<boolean> {
    if (this.#gone) return false;
    try {
      await this.#link.once((channel) => channel.checkQueue(this.name));
      return true;
    } catch (error) {
      if (replyCode(error) !== 404) throw error;
      this.#gone = true;
      return false;
    }
  }

  reset(): void {
    this.open = 0;
    this.read = false;
  }

  /** Its mark goes with it: a queue that is there has its mark. */
  drop(): void {
    if (this.#gone) return;
    this.#gone = true;
    this.#link
      .once((channel) => channel.deleteQueue(this.name))
      .catch(() => {
        // The next leader finds it, reads its mark, and tries again.
        this.#gone = false;
      });
  }
}

export function isEnd({ properties }: ConsumeMessage): boolean {
  return properties.headers?.["mw-end"] !== undefined;
}
