/**
 * The store without a database, for tests and for trying things out: everything is in this object and ends with it. Several
 * connections share one `memoryDatabase()`. Transactions run one after another.
 */
import type { Clock } from "../../clock/clock.js";
import { systemClock } from "../../clock/clock.js";
import { type Duration, durationMs } from "../../util/duration.js";
import type { Claim, OutboxRow, Store, StoreContext, Transaction, TransactionOptions } from "../contract.js";
import { Nesting, withRetries } from "../nesting.js";
import { storeRefusals } from "../refusals.js";
import { type MemoryDatabase, memoryDatabase } from "./database.js";
import { MemoryOutbox } from "./outbox.js";

export interface MemoryStoreOptions {
  /** Shared by several stores. Default: one of its own. */
  readonly database?: MemoryDatabase;
  /** How long a relay may keep rows. Default "30s". */
  readonly lease?: Duration;
}

/** What a transaction of the memory store has for the service's own data: it is there after the commit, or not at all. */
export interface MemoryRows {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
}

/**
 * A store in memory.
 *
 * @example
 * const store = memoryStore();
 * const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store });
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store<MemoryRows> {
  return new MemoryStore(
    options.database ?? memoryDatabase(),
    durationMs(options.lease ?? "30s", "memoryStore: lease"),
  );
}

class MemoryStore implements Store<MemoryRows> {
  readonly name = "memory";
  readonly capabilities = { durable: false, reach: "process", concurrent: false } as const;
  readonly outbox: MemoryOutbox;
  readonly #nesting = new Nesting();
  #clock: Clock = systemClock;
  #state: "new" | "open" | "closed" = "new";

  constructor(
    private readonly database: MemoryDatabase,
    leaseMs: number,
  ) {
    this.outbox = new MemoryOutbox(database, {
      leaseMs,
      now: () => this.#clock.now(),
      requireOpen: () => this.#requireOpen(),
    });
  }

  async open({ clock }: StoreContext): Promise<void> {
    if (this.#state === "closed") throw storeRefusals.closed();
    this.#clock = clock;
    this.#state = "open";
  }

  async transaction<T>(
    work: (tx: Transaction<MemoryRows>) => Promise<T>,
    { retries = 0 }: TransactionOptions = {},
  ): Promise<T> {
    this.#requireOpen();
    return withRetries(retries, () => this.#nesting.run(() => this.database.inTurn(() => this.#once(work))));
  }

  async pruneInbox(before: number): Promise<number> {
    this.#requireOpen();
    return this.database.prune(before);
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.database.inTurn(async () => undefined);
  }

  async #once<T>(work: (tx: Transaction<MemoryRows>) => Promise<T>): Promise<T> {
    const rows = new Map<string, unknown>();
    const appended: OutboxRow[] = [];
    const claims = new Map<string, number>();
    const { database } = this;
    let ended = false;
    const requireOpen = (): void => {
      if (ended) throw storeRefusals.ended();
    };
    try {
      const result = await work({
        store: this,
        client: {
          get(key) {
            requireOpen();
            return rows.has(key) ? rows.get(key) : database.rows.get(key);
          },
          set(key, value) {
            requireOpen();
            rows.set(key, value);
          },
        },
        async append(more) {
          requireOpen();
          appended.push(...more);
        },
        claim: async (claim) => {
          requireOpen();
          const name = nameOf(claim);
          if (database.claims.has(name) || claims.has(name)) return false;
          claims.set(name, this.#clock.now());
          return true;
        },
      });
      database.commit({ rows, appended, claims });
      return result;
    } finally {
      ended = true;
    }
  }

  #requireOpen(): void {
    if (this.#state === "new") throw storeRefusals.notOpen();
    if (this.#state === "closed") throw storeRefusals.closed();
  }
}

function nameOf({ group, source, id }: Claim): string {
  return JSON.stringify([group, source, id]);
}
