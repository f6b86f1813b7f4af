/**
 * The store without a database, for tests and for trying things out: everything is in this object and ends with it. Several
 * connections share one `memoryDatabase()`. Transactions run one after another.
 */
import type { Clock } from "../../clock/clock.js";
import { systemClock } from "../../clock/clock.js";
import { type Duration, durationMs } from "../../util/duration.js";
import type { Store, StoreContext, Transaction, TransactionOptions } from "../contract.js";
import type { Checkpoint, StoreDocuments } from "../documents.js";
import { Nesting, withRetries } from "../nesting.js";
import { storeRefusals } from "../refusals.js";
import type { Streams } from "../streams.js";
import { streamsOn } from "../streams-on-log.js";
import { type MemoryDatabase, memoryDatabase } from "./database.js";
import { byCodePoint } from "./documents.js";
import { MemoryOutbox } from "./outbox.js";
import { memoryStreamLog } from "./streams.js";
import { beginMemoryTransaction, type MemoryRows } from "./transaction.js";

export interface MemoryStoreOptions {
  /** Shared by several stores. Default: one of its own. */
  readonly database?: MemoryDatabase;
  /** How long a relay may keep rows. Default "30s". */
  readonly lease?: Duration;
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
  readonly streams: Streams<Transaction>;
  readonly documents: StoreDocuments;
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
    this.streams = streamsOn(
      memoryStreamLog(database, {
        requireOpen: () => this.#requireOpen(),
        transaction: (work) => this.transaction(work),
      }),
    );
    this.documents = this.#documentsOf(database);
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

  async checkpoints(prefix: string): Promise<readonly Checkpoint[]> {
    this.#requireOpen();
    return [...this.database.checkpoints.values()]
      .filter(({ name }) => name.startsWith(prefix))
      .sort((one, other) => byCodePoint(one.name, other.name));
  }

  async close(): Promise<void> {
    this.#state = "closed";
    await this.database.inTurn(async () => undefined);
  }

  async #once<T>(work: (tx: Transaction<MemoryRows>) => Promise<T>): Promise<T> {
    const { tx, commit, rollback } = beginMemoryTransaction(this, this.database, () => this.#clock.now());
    try {
      const result = await work(tx);
      commit();
      return result;
    } finally {
      rollback();
    }
  }

  #documentsOf({ documents }: MemoryDatabase): StoreDocuments {
    const open = async <T>(work: () => Promise<T>): Promise<T> => {
      this.#requireOpen();
      return work();
    };
    return {
      read: (collection, keys) => open(() => documents.read(collection, keys)),
      list: (collection, options) => open(() => documents.list(collection, options)),
      clear: (collection) => open(() => documents.clear(collection)),
    };
  }

  #requireOpen(): void {
    if (this.#state === "new") throw storeRefusals.notOpen();
    if (this.#state === "closed") throw storeRefusals.closed();
  }
}
