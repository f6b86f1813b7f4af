/**
 * Whose turn it is. A file has one writer at a time, and a handle one transaction, which all that runs on it meanwhile is in:
 * so whatever the stores of this process do on one file waits for its turn.
 */
import { resolve } from "node:path";
import { Nesting } from "@meshwright/core/adapter";
import type { Database } from "../driver.js";

/**
 * SQLite has no queue for its lock: other processes try now and then. Who has it all the time would shut them out, so after
 * this long it is left free for a moment, which is longer than they pause between two tries.
 */
const [longestStretchMs, restMs] = [50, 5];
/** How long to pause at most between two tries to get the lock. */
export const longestPauseMs = 4;

export class Turns {
  readonly nesting: Nesting = new Nesting();
  #last: Promise<unknown> = Promise.resolve();
  #tookAt = 0;
  #leftAt = 0;
  #stretchMs = 0;

  /** Runs it when all before it has ended. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Before the lock is taken: lets others have it. */
  async rest(): Promise<void> {
    const freeMs = performance.now() - this.#leftAt;
    if (freeMs < restMs && this.#stretchMs < longestStretchMs) return;
    this.#stretchMs = 0;
    if (freeMs < restMs) await new Promise((rested) => setTimeout(rested, restMs));
  }

  took(): void {
    this.#tookAt = performance.now();
  }

  left(): void {
    this.#leftAt = performance.now();
    this.#stretchMs += this.#leftAt - this.#tookAt;
  }
}

const byFile: Map<string, WeakRef<Turns>> = new Map();
const forgotten = new FinalizationRegistry<string>((file) => {
  if (byFile.get(file)?.deref() === undefined) byFile.delete(file);
});
const byHandle: WeakMap<Database, Turns> = new WeakMap();

/** Those of a file, or of a handle where that has none. They last as long as somebody holds them. */
export function turnsOf(file: string | undefined, database: Database): Turns {
  if (file === undefined) {
    const own = byHandle.get(database) ?? new Turns();
    byHandle.set(database, own);
    return own;
  }
  const name = resolve(file);
  const known = byFile.get(name)?.deref();
  if (known !== undefined) return known;
  const turns = new Turns();
  byFile.set(name, new WeakRef(turns));
  forgotten.register(turns, name);
  return turns;
}
