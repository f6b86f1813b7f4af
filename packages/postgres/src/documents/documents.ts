import {
  type DocumentChange,
  type Documents,
  type ListOptions,
  type StoreDocuments,
  type StoredDocument,
  storeRefusals,
  type TransactionDocuments,
} from "@meshwright/core/adapter";
import { textKey } from "../claims.js";
import type { Session } from "../session.js";
import { keptText, textFrom } from "../texts.js";
import { keyFrom, type StoredKey, storedKey } from "./keys.js";
import type { DocumentStatements } from "./statements.js";

interface Parts {
  readonly session: Session;
  statements(): DocumentStatements;
}

interface DocumentRow {
  readonly key: string;
  readonly tail: string | null;
  readonly body: string;
}

/** Documents outside of transactions. */
export function storeDocuments(parts: Parts): StoreDocuments {
  return {
    ...reader(parts, false),
    async clear(collection) {
      const { session, statements } = parts;
      for (let cleared = 0; ; ) {
        const { count } = await session.ask(
          statements().clear,
          [textKey(collection)],
          "clearing a collection of documents",
        );
        if (count === 0) return cleared;
        cleared += count;
      }
    },
  };
}

/** Documents in a transaction: what it has read is locked, and what was not there it remembers. */
export function transactionDocuments(parts: Parts): TransactionDocuments {
  const { read, list } = reader(parts, true);
  const absent = new Absent();
  return {
    async read(collection, keys) {
      const found = await read(collection, keys);
      for (const key of keys) absent.set(collection, key, !found.has(key));
      return found;
    },
    list,
    async write(collection, changes) {
      parts.session.requireUsable();
      const last = [...new Map(changes.map((change) => [change.key, change])).values()]
        .map((change) => ({ ...change, isNew: absent.has(collection, change.key) }))
        // What was not there when it was read is somebody else's by now, if it is there.
        .filter(({ body, isNew }) => body !== undefined || !isNew);
      await write(parts, collection, last);
      for (const { key, body } of last) if (body !== undefined) absent.set(collection, key, false);
    },
  };
}

/** The keys that were read and not there: who wants to write one of them must be the first. */
class Absent {
  readonly #keys: Map<string, Set<string>> = new Map();

  has(collection: string, key: string): boolean {
    return this.#keys.get(collection)?.has(key) ?? false;
  }

  set(collection: string, key: string, isAbsent: boolean): void {
    const keys = this.#keys.get(collection) ?? new Set();
    this.#keys.set(collection, keys);
    if (isAbsent) keys.add(key);
    else keys.delete(key);
  }
}

function reader({ session, statements }: Parts, locked: boolean): Documents {
  return {
    async read(collection, keys) {
      const { read, readLocked } = statements();
      const { rows } = await session.ask<DocumentRow>(
        locked ? readLocked : read,
        [textKey(collection), ...keyColumns([...new Set(keys)].map(storedKey))],
        "reading documents",
      );
      return new Map(rows.map(documentFrom).map(({ key, body }) => [key, body]));
    },
    async list(collection: string, options: ListOptions = {}) {
      const { statement, values } = statements().list(collection, options, locked);
      const { rows } = await session.ask<DocumentRow>(statement, values, "listing documents");
      return rows.map(documentFrom);
    },
  };
}

interface Write extends DocumentChange {
  readonly isNew: boolean;
}

/** @throws StoreError `STORE_CONFLICT` where one that is to be new is there */
async function write(
  { session, statements }: Parts,
  collection: string,
  changes: readonly Write[],
): Promise<void> {
  if (changes.length === 0) return;
  const keys = changes.map(({ key }) => storedKey(key));
  const { count } = await session.ask(
    statements().write,
    [
      textKey(collection),
      ...keyColumns(keys),
      keys.map(({ tail }) => tail),
      changes.map(({ body }) => (body === undefined ? null : keptText(body))),
      changes.map(({ isNew }) => isNew),
    ],
    "writing documents",
  );
  if (count < changes.filter(({ body }) => body !== undefined).length)
    throw storeRefusals.conflict(undefined);
}

function keyColumns(keys: readonly StoredKey[]): [string[], string[]] {
  return [keys.map(({ key }) => key), keys.map(({ digest }) => digest)];
}

function documentFrom({ key, tail, body }: DocumentRow): StoredDocument {
  return { key: keyFrom({ key, tail }), body: textFrom(body) };
}
