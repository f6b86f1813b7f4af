/** The documents of a memory database, and a transaction's view of them. */
import type { DocumentChange, Documents, ListOptions, StoredDocument } from "../documents.js";

type Collection = Map<string, string>;

export class MemoryDocuments implements Documents {
  readonly #collections: Map<string, Collection> = new Map();

  async read(collection: string, keys: readonly string[]): Promise<ReadonlyMap<string, string>> {
    return pick(keys, (key) => this.get(collection, key));
  }

  get(collection: string, key: string): string | undefined {
    return this.#collections.get(collection)?.get(key);
  }

  async list(collection: string, options: ListOptions = {}): Promise<readonly StoredDocument[]> {
    return listed(this.#collection(collection), options);
  }

  async clear(collection: string): Promise<number> {
    const size = this.#collection(collection).size;
    this.#collections.delete(collection);
    return size;
  }

  /** With changes that only the one who gave them sees. */
  with(collection: string, changes: ReadonlyMap<string, string | undefined>): ReadonlyMap<string, string> {
    const all = new Map(this.#collection(collection));
    apply(all, changes);
    return all;
  }

  write(collection: string, changes: ReadonlyMap<string, string | undefined>): void {
    const documents = this.#collection(collection);
    apply(documents, changes);
    this.#collections.set(collection, documents);
  }

  #collection(name: string): Collection {
    return this.#collections.get(name) ?? new Map();
  }
}

/** What a transaction has written, over what is there. */
export class StagedDocuments {
  readonly changes: Map<string, Map<string, string | undefined>> = new Map();
  readonly #documents: MemoryDocuments;

  constructor(documents: MemoryDocuments) {
    this.#documents = documents;
  }

  read(collection: string, keys: readonly string[]): ReadonlyMap<string, string> {
    const staged = this.changes.get(collection);
    return pick(keys, (key) => (staged?.has(key) ? staged.get(key) : this.#documents.get(collection, key)));
  }

  list(collection: string, options: ListOptions = {}): readonly StoredDocument[] {
    const staged = this.changes.get(collection) ?? new Map<string, string | undefined>();
    return listed(this.#documents.with(collection, staged), options);
  }

  write(collection: string, changes: readonly DocumentChange[]): void {
    const staged = this.changes.get(collection) ?? new Map<string, string | undefined>();
    this.changes.set(collection, staged);
    for (const { key, body } of changes) staged.set(key, body);
  }
}

function apply(documents: Collection, changes: ReadonlyMap<string, string | undefined>): void {
  for (const [key, body] of changes) {
    if (body === undefined) documents.delete(key);
    else documents.set(key, body);
  }
}

function pick(
  keys: readonly string[],
  bodyOf: (key: string) => string | undefined,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const key of keys) {
    const body = bodyOf(key);
    if (body !== undefined) found.set(key, body);
  }
  return found;
}

function listed(
  documents: ReadonlyMap<string, string>,
  { prefix = "", after, limit = 1_000 }: ListOptions,
): StoredDocument[] {
  return [...documents]
    .filter(([key]) => key.startsWith(prefix) && (after === undefined || byCodePoint(key, after) > 0))
    .sort(([one], [other]) => byCodePoint(one, other))
    .slice(0, limit)
    .map(([key, body]) => ({ key, body }));
}

/** Not the order of JavaScript, which is by UTF-16 code units. */
export function byCodePoint(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
