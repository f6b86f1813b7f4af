/** What is on a handle now. Whoever reads on it meanwhile would see what is not committed, so he waits for the end. */
import { Nesting } from "@meshwright/core/adapter";
import type { Database } from "../driver.js";

export class Gate {
  readonly #waiting: (() => void)[] = [];
  #transaction: Nesting | undefined;

  /**
   * Resolves when no transaction of a store is on the handle.
   *
   * @throws StoreError `STORE_NESTED` inside of the one that is
   */
  async free(): Promise<void> {
    while (this.#transaction !== undefined) {
      this.#transaction.requireOutside();
      await new Promise<void>((free) => this.#waiting.push(free));
    }
  }

  /** A transaction has begun. What was begun in an earlier one, and goes on after its end, is not in it. */
  begun(): void {
    this.#transaction = new Nesting();
  }

  /** Runs the work of the transaction. */
  inside<T>(work: () => Promise<T>): Promise<T> {
    return this.#transaction === undefined ? work() : this.#transaction.run(work);
  }

  /** Those who wait have their turn before the next transaction begins. */
  ended(): void {
    this.#transaction = undefined;
    for (const free of this.#waiting.splice(0)) free();
  }
}

const gates: WeakMap<Database, Gate> = new WeakMap();

/** Several stores may be on one handle. */
export function gateOf(database: Database): Gate {
  const gate = gates.get(database) ?? new Gate();
  gates.set(database, gate);
  return gate;
}
