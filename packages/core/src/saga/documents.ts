/**
 * The documents of a saga: one collection, in parts that are told apart by how their keys begin. In a transaction each is read once
 * and all are written in one go at its end, since each statement is a way to the database and back.
 */
import type { Store, Transaction } from "../store/contract.js";
import type {
  DocumentChange,
  Documents,
  ListOptions,
  StoredDocument,
  TransactionDocuments,
} from "../store/documents.js";

/** A transaction, and the documents of one saga in it. */
export interface SagaTransaction {
  readonly tx: Transaction;
  readonly documents: TransactionDocuments;
}

/** Those that are committed; a part of the collection in place of a collection. */
export function committedDocuments({ documents }: Store, collection: string): Documents {
  return new Parts(documents, collection);
}

/** Runs work in a transaction, and writes what it has written to the documents of the saga. */
export function inSagaTransaction<T>(
  store: Store,
  collection: string,
  work: (tx: SagaTransaction) => Promise<T>,
  options: { readonly retries?: number } = {},
): Promise<T> {
  return store.transaction(async (tx) => {
    const documents = new BufferedParts(tx.documents, collection);
    const result = await work({ tx, documents });
    await documents.flush();
    return result;
  }, options);
}

class Parts implements Documents {
  constructor(
    protected readonly documents: Documents,
    protected readonly collection: string,
  ) {}

  async read(part: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const found = await this.documents.read(
      this.collection,
      keys.map((key) => part + key),
    );
    return new Map([...found].map(([key, body]) => [key.slice(part.length), body]));
  }

  async list(
    part: string,
    { prefix = "", after, ...options }: ListOptions = {},
  ): Promise<readonly StoredDocument[]> {
    const found = await this.documents.list(this.collection, {
      ...options,
      prefix: part + prefix,
      ...(after === undefined ? {} : { after: part + after }),
    });
    return found.map(({ key, body }) => ({ key: key.slice(part.length), body }));
  }
}

class BufferedParts extends Parts implements TransactionDocuments {
  readonly #inner: TransactionDocuments;
  readonly #known: Map<string, string | undefined> = new Map();
  readonly #changed: Set<string> = new Set();

  constructor(inner: TransactionDocuments, collection: string) {
    super(inner, collection);
    this.#inner = inner;
  }

  override async read(part: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const unknown = keys.filter((key) => !this.#known.has(part + key));
    if (unknown.length > 0) {
      const found = await super.read(part, unknown);
      for (const key of unknown) this.#known.set(part + key, found.get(key));
    }
    const all = new Map<string, string>();
    for (const key of keys) {
      const body = this.#known.get(part + key);
      if (body !== undefined) all.set(key, body);
    }
    return all;
  }

  override async list(part: string, options?: ListOptions): Promise<readonly StoredDocument[]> {
    if ([...this.#changed].some((key) => key.startsWith(part))) await this.flush();
    return super.list(part, options);
  }

  async write(part: string, changes: readonly DocumentChange[]): Promise<void> {
    for (const { key, body } of changes) {
      this.#known.set(part + key, body);
      this.#changed.add(part + key);
    }
  }

  async flush(): Promise<void> {
    if (this.#changed.size === 0) return;
    const changes = [...this.#changed].map((key) => ({ key, body: this.#known.get(key) }));
    this.#changed.clear();
    await this.#inner.write(this.collection, changes);
  }
}
