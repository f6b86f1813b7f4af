/** Documents, on a handle that is in a transaction or reads what is committed. */
import type { DocumentChange, ListOptions, StoreDocuments, StoredDocument } from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { endOfPrefix } from "./prefixes.js";
import { read, stored } from "./rows.js";
import { type DocumentStatements, limitOf, type Statements } from "./statements.js";

/** How many are removed at a time: others want the lock too. */
const clearedAtOnce = 1_000;

export function readDocuments(
  db: Connection,
  statements: DocumentStatements,
  collection: string,
  keys: readonly string[],
): Map<string, string> {
  const rows = db.all<StoredDocument>(statements.read, stored(collection), JSON.stringify(keys.map(stored)));
  return new Map(rows.map(({ key, body }) => [read(key), read(body)]));
}

export function listDocuments(
  db: Connection,
  statements: DocumentStatements,
  collection: string,
  { prefix = "", after, limit = 1_000 }: ListOptions = {},
): StoredDocument[] {
  const from = stored(prefix);
  const behind = after === undefined ? undefined : stored(after);
  const isBehind = behind !== undefined && Buffer.compare(Buffer.from(behind), Buffer.from(from)) >= 0;
  const rows = db.all<StoredDocument>(
    isBehind ? statements.listBehind : statements.listFrom,
    stored(collection),
    isBehind ? behind : from,
    endOfPrefix(from),
    limitOf(limit),
  );
  return rows.map(({ key, body }) => ({ key: read(key), body: read(body) }));
}

export function writeDocuments(
  db: Connection,
  statements: DocumentStatements,
  collection: string,
  changes: readonly DocumentChange[],
): void {
  const name = stored(collection);
  for (const { key, body } of changes) {
    if (body === undefined) db.run(statements.remove, name, stored(key));
    else db.run(statements.write, name, stored(key), stored(body));
  }
}

interface Parts {
  readonly statements: Statements;
  /** Reads what is committed. */
  read<T>(doing: string, run: (db: Connection) => T): Promise<T>;
  /** One short transaction. */
  write<T>(doing: string, run: (db: Connection) => T): Promise<T>;
}

/** The documents outside of transactions. */
export function storeDocuments({ statements: { documents }, ...parts }: Parts): StoreDocuments {
  return {
    read: (collection, keys) =>
      parts.read("reading documents", (db) => readDocuments(db, documents, collection, keys)),
    list: (collection, options) =>
      parts.read("reading documents", (db) => listDocuments(db, documents, collection, options)),
    async clear(collection) {
      const name = stored(collection);
      const clearSome = (db: Connection): number => db.run(documents.clear, name, name, clearedAtOnce);
      for (let cleared = 0; ; ) {
        const some = await parts.write("clearing documents", clearSome);
        cleared += some;
        if (some < clearedAtOnce) return cleared;
      }
    },
  };
}
