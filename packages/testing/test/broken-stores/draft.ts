/**
 * A transaction of the stage. Each step is tried out on the memory store, in a transaction that is rolled back, behind the steps
 * before it. At the commit all are done again: if one comes out otherwise, somebody else has changed what it stands on.
 */
import { isDeepStrictEqual } from "node:util";
import type { MemoryRows } from "@meshwright/core";
import {
  type Claim,
  type LogAccess,
  type OutboxRow,
  storeRefusals,
  type Transaction,
  type TransactionDocuments,
} from "@meshwright/core/adapter";
import type { AnyStore, Stage } from "./sin.js";

type Work<T> = (tx: Transaction<MemoryRows>) => Promise<T>;

class TriedOut extends Error {}

export class Draft implements Transaction<MemoryRows> {
  readonly #read = new Map<string, unknown>();
  readonly #written = new Map<string, unknown>();
  readonly #steps: { readonly work: Work<unknown>; readonly answer: unknown }[] = [];
  readonly client: MemoryRows;
  readonly documents: TransactionDocuments = {
    read: (collection, keys) => this.#step((tx) => tx.documents.read(collection, keys)),
    list: (collection, options) => this.#step((tx) => tx.documents.list(collection, options)),
    write: (collection, changes) => this.#step((tx) => tx.documents.write(collection, changes)),
  };
  readonly log: LogAccess = {
    append: (append) => this.#step((tx) => tx.log.append(append)),
    // What others append behind it changes nothing of what was read.
    read: (read) => this.#inTurn(() => this.#tryOut((tx) => tx.log.read(read))),
    page: (page) => this.#inTurn(() => this.#tryOut((tx) => tx.log.page(page))),
  };
  #turn: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(
    readonly store: AnyStore,
    private readonly stage: Stage,
  ) {
    const rows = new Map(stage.database.rows);
    this.client = {
      get: (key) => {
        if (this.#written.has(key)) return this.#written.get(key);
        this.#read.set(key, rows.get(key));
        return rows.get(key);
      },
      set: (key, value) => void this.#written.set(key, value),
    };
  }

  append(rows: readonly OutboxRow[]): Promise<void> {
    return this.#step((tx) => tx.append(rows));
  }

  claim(claim: Claim): Promise<boolean> {
    return this.#step((tx) => tx.claim(claim));
  }

  hold(name: string): Promise<number | undefined> {
    const { holders, dead } = this.stage;
    return this.#step(async (tx) => {
      const holder = holders.get(name);
      if (holder !== undefined && holder !== this.client && !dead.has(holder)) return undefined;
      holders.set(name, this.client);
      return tx.hold(name);
    });
  }

  move(name: string, position: number): Promise<void> {
    return this.#step((tx) => tx.move(name, position));
  }

  end(): void {
    this.#ended = true;
  }

  /** Lets others hold what it held. */
  release(): void {
    const { holders } = this.stage;
    for (const [name, holder] of holders) if (holder === this.client) holders.delete(name);
  }

  async commit(): Promise<void> {
    await this.store.transaction(async (tx) => {
      for (const [key, value] of this.#read)
        if (tx.client.get(key) !== value) throw storeRefusals.conflict(undefined);
      await this.#again(tx);
      for (const [key, value] of this.#written) tx.client.set(key, value);
    });
  }

  #step<T>(work: Work<T>): Promise<T> {
    return this.#inTurn(async () => {
      const answer = await this.#tryOut(work);
      this.#steps.push({ work, answer });
      return answer;
    });
  }

  async #tryOut<T>(work: Work<T>): Promise<T> {
    const answers: T[] = [];
    const trying = this.store.transaction(async (tx) => {
      await this.#again(tx);
      answers.push(await work(tx));
      throw new TriedOut();
    });
    await trying.catch((error: unknown) => {
      if (!(error instanceof TriedOut)) throw error;
    });
    return answers[0] as T;
  }

  async #again(tx: Transaction<MemoryRows>): Promise<void> {
    for (const { work, answer } of this.#steps)
      if (!isDeepStrictEqual(await work(tx), answer)) throw storeRefusals.conflict(undefined);
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    if (this.#ended) return Promise.reject(storeRefusals.ended());
    const done = this.#turn.then(call);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
