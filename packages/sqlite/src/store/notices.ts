/**
 * Who is told that rows may have been committed. In this process at once; in others by the file beside the database, which
 * is for speed alone: a relay looks by itself every few milliseconds.
 */
import type { Cancel, Logger } from "@meshwright/core/adapter";
import { noWake, openWake, type Wake } from "../wake.js";

export class Notices {
  readonly #watchers: Set<() => void> = new Set();
  #wake: Wake = noWake;

  /** @param path - of the database; undefined where there is no file */
  open(path: string | undefined, logger: Logger): void {
    this.#wake.close();
    // One of its own: a broker on the same file need not look for what is in the outbox.
    this.#wake = path === undefined ? noWake : openWake(`${path}-outbox`, logger, this.#changed);
  }

  watch(changed: () => void): Cancel {
    // One of its own, lest the same function given twice be one watcher.
    const watcher = (): void => changed();
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Rows were committed by this store. */
  committed(): void {
    this.#changed();
    this.#wake.send();
  }

  close(): void {
    this.#watchers.clear();
    this.#wake.close();
    this.#wake = noWake;
  }

  readonly #changed = (): void => {
    for (const watcher of [...this.#watchers]) watcher();
  };
}
