/**
 * Who is told that rows may have been committed. In this process at once; in others by LISTEN and NOTIFY, which are for speed
 * alone: a relay looks by itself every few milliseconds.
 */
import { AsyncResource } from "node:async_hooks";
import type { Cancel, StoreContext } from "@meshwright/core/adapter";
import type { Pool } from "pg";
import { Listener } from "./listener.js";

/** From one NOTIFY to the next: each is a commit, so one for each of many would take as much as those. */
const pauseMs = 10;

export class Notices {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #watchers: Set<() => void> = new Set();
  #context: StoreContext | undefined;
  #listener: Listener | undefined;
  /** At most one NOTIFY is under way; what was committed meanwhile is told by one more. */
  #telling: Promise<void> | undefined;
  #again = false;
  #endPause: () => void = () => undefined;
  #closed = false;

  /** @param channel - of LISTEN and NOTIFY */
  constructor(pool: Pool, channel: string) {
    this.#pool = pool;
    this.#channel = channel;
  }

  open(context: StoreContext): void {
    this.#context = context;
    this.#listen();
  }

  watch(changed: () => void): Cancel {
    // One of its own, lest the same function given twice be one watcher. And not inside of the transaction that wakes it: there
    // it could begin none.
    const watcher = AsyncResource.bind(() => changed());
    this.#watchers.add(watcher);
    this.#listen();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#deafen();
    };
  }

  /** Rows were committed by this store. */
  committed(): void {
    this.#changed();
    this.#again = true;
    if (!this.#closed) this.#telling ??= this.#tell();
  }

  /** Something is there that only this process need be told of. */
  tellHere(): void {
    this.#changed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#endPause();
    this.#watchers.clear();
    this.#deafen();
    await this.#telling;
  }

  readonly #changed = (): void => {
    for (const watcher of [...this.#watchers]) watcher();
  };

  #listen(): void {
    if (this.#context === undefined || this.#closed || this.#watchers.size === 0) return;
    this.#listener ??= new Listener(this.#pool, this.#channel, { ...this.#context, changed: this.#changed });
  }

  #deafen(): void {
    this.#listener?.close();
    this.#listener = undefined;
  }

  /** After the commits, on a connection of its own: within them, NOTIFY would make all commits wait for each other. */
  async #tell(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#pool
        .query("SELECT pg_notify($1, '')", [this.#channel])
        .catch((error: unknown) =>
          this.#context?.logger.debug({ err: error }, "other processes could not be told of new rows"),
        );
      await this.#pause();
    }
    this.#telling = undefined;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#context?.clock.after(pauseMs, resolve);
      this.#endPause = () => {
        cancel?.();
        resolve();
      };
      if (this.#closed) this.#endPause();
    });
  }
}
