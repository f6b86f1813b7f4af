/** The documents of a projection: in a transaction, written in one go at its end; and for those who ask. */
import { MeshError } from "../errors/errors.js";
import type { DocumentChange, Documents, ListOptions, TransactionDocuments } from "../store/documents.js";

/** A document with its key. */
export interface KeyedDocument<Document> {
  readonly key: string;
  readonly document: Document;
}

/** What can be asked of documents. */
export interface DocumentReader<Document> {
  /** Undefined where there is none. */
  get(key: string): Promise<Document | undefined>;
  /**
   * In the order of their keys, by code point.
   *
   * @param options - `prefix`, `after` a key, and `limit`, by default 1000
   */
  list(options?: ListOptions): Promise<readonly KeyedDocument<Document>[]>;
}

/** What handlers do with documents. All of it is in the transaction. A document is JSON. */
export interface ProjectionDocuments<Document> extends DocumentReader<Document> {
  /**
   * Writes a document, new or in place of the one that is there.
   *
   * @throws MeshError `DOCUMENT_INVALID`, `DOCUMENT_KEY_INVALID`
   */
  set(key: string, document: Document): Promise<void>;
  /** Writes what `change` makes of the document; it is given undefined where there is none. Returns what it made. */
  update(key: string, change: (document: Document | undefined) => Document): Promise<Document>;
  /** Removes a document; nothing happens where there is none. */
  delete(key: string): Promise<void>;
}

const longestKey = 512;

/**
 * Documents in a transaction: each is read once and written once, however many events touch it. What is kept is text, so that
 * a handler gets the same whether the document was written by this transaction or by one before.
 */
export class BufferedDocuments implements ProjectionDocuments<unknown> {
  readonly #documents: TransactionDocuments;
  readonly #collection: string;
  readonly #known: Map<string, string | undefined> = new Map();
  readonly #changed: Set<string> = new Set();

  constructor(documents: TransactionDocuments, collection: string) {
    this.#documents = documents;
    this.#collection = collection;
  }

  async get(key: string): Promise<unknown> {
    requireKey(key);
    if (!this.#known.has(key)) {
      const found = await this.#documents.read(this.#collection, [key]);
      // Written meanwhile by what this was not awaited for: that is newer.
      if (!this.#known.has(key)) this.#known.set(key, found.get(key));
    }
    return parsed(this.#known.get(key));
  }

  async list(options?: ListOptions): Promise<readonly KeyedDocument<unknown>[]> {
    await this.flush();
    return listFrom(this.#documents, this.#collection, options);
  }

  async set(key: string, document: unknown): Promise<void> {
    requireKey(key);
    this.#put(key, textOf(document));
  }

  async update(key: string, change: (document: unknown) => unknown): Promise<unknown> {
    const made = change(await this.get(key));
    await this.set(key, made);
    return made;
  }

  async delete(key: string): Promise<void> {
    requireKey(key);
    this.#put(key, undefined);
  }

  /** Writes what has changed. */
  async flush(): Promise<void> {
    if (this.#changed.size === 0) return;
    const changes: DocumentChange[] = [...this.#changed].map((key) => ({ key, body: this.#known.get(key) }));
    this.#changed.clear();
    await this.#documents.write(this.#collection, changes);
  }

  #put(key: string, body: string | undefined): void {
    this.#known.set(key, body);
    this.#changed.add(key);
  }
}

export async function getFrom(documents: Documents, collection: string, key: string): Promise<unknown> {
  requireKey(key);
  return parsed((await documents.read(collection, [key])).get(key));
}

export async function listFrom(
  documents: Documents,
  collection: string,
  options?: ListOptions,
): Promise<readonly KeyedDocument<unknown>[]> {
  const found = await documents.list(collection, options);
  return found.map(({ key, body }) => ({ key, document: parsed(body) }));
}

function parsed(body: string | undefined): unknown {
  return body === undefined ? undefined : JSON.parse(body);
}

function textOf(document: unknown): string {
  const text: string | undefined = JSON.stringify(document);
  if (text !== undefined) return text;
  throw new MeshError(
    "DOCUMENT_INVALID",
    "A document of a projection is JSON, and this is undefined or a function. To remove one, call documents.delete.",
  );
}

function requireKey(key: string): void {
  const right =
    typeof key === "string" && key !== "" && key.length <= longestKey && !/[\p{Cc}\p{Surrogate}]/u.test(key);
  if (right) return;
  throw new MeshError(
    "DOCUMENT_KEY_INVALID",
    "The key of a document has 1 to 512 characters, none of them a control character or half of a surrogate pair.",
  );
}
