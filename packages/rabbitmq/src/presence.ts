/**
 * Who stands in line: the server does not count those who wait behind a single active consumer. Each has a queue that only its
 * connection may use and that goes with it. Who looks is refused as long as it is there.
 */
import { brokerError, replyCode } from "./errors.js";
import { newId } from "./journal.js";
import type { Link } from "./link.js";

export class Presence {
  readonly #link: Link;
  readonly #group: string;
  #id = "";
  #beginning: Promise<string> | undefined;

  constructor(link: Link, group: string) {
    this.#link = link;
    this.#group = group;
  }

  /** What others know it by; "" while it does not stand in line. */
  get id(): string {
    return this.#id;
  }

  begin(): Promise<string> {
    if (this.#id !== "") return Promise.resolve(this.#id);
    this.#beginning ??= this.#begin().finally(() => {
      this.#beginning = undefined;
    });
    return this.#beginning;
  }

  async #begin(): Promise<string> {
    const id = newId();
    await this.#link.once((channel) =>
      channel.assertQueue(this.#name(id), { exclusive: true, durable: false }),
    );
    this.#id = id;
    return id;
  }

  async end(): Promise<void> {
    const id = this.#id;
    this.#id = "";
    if (id !== "") await this.#link.once((channel) => channel.deleteQueue(this.#name(id)));
  }

  /** The connection is gone, and its queue with it. */
  forget(): void {
    this.#id = "";
  }

  /** Which of these are there. */
  async present(ids: readonly string[]): Promise<Set<string>> {
    const looks = ids.map(async (id) => ((await this.#isPresent(id)) ? id : undefined));
    const found = await Promise.all(looks);
    return new Set(found.filter((id) => id !== undefined));
  }

  async #isPresent(id: string): Promise<boolean> {
    try {
      await this.#link.once((channel) => channel.checkQueue(this.#name(id)));
      return true;
    } catch (error) {
      if (replyCode(error) === 405) return true;
      if (replyCode(error) === 404) return false;
      throw brokerError(error, "looking for members");
    }
  }

  #name(id: string): string {
    return `${this.#group}:member.${id}`;
  }
}
