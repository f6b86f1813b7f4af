import type { ListOptions } from "@meshwright/core/adapter";
import { textKey } from "../claims.js";
import type { Tables } from "../names.js";
import { countOf, named, type Statement } from "../statement.js";
import { isBehind, startsWith } from "./keys.js";

export interface DocumentStatements {
  /** Values: collection, keys, digests. */
  readonly read: Statement;
  /** The same, and keeps others from changing them. */
  readonly readLocked: Statement;
  /**
   * Values: collection, keys, digests, tails, bodies, and which are to be new. Removes those without a body. Tells how many it has
   * written: one that is to be new and is there is passed over.
   */
  readonly write: Statement;
  /** Values: collection. Removes some of it. */
  readonly clear: Statement;
  list(
    collection: string,
    options: ListOptions,
    locked: boolean,
  ): { statement: Statement; values: unknown[] };
}

const clearedAtOnce = 10_000;

export function documentStatements({ documents }: Tables): DocumentStatements {
  const wanted = "unnest($2::text[], $3::text[]) AS wanted (key, digest)";
  const read = `SELECT there.key, tail, body FROM ${wanted} JOIN ${documents} AS there
    ON collection = $1::text AND there.key = wanted.key AND there.digest = wanted.digest`;
  return {
    read: named(read, { reads: true }),
    readLocked: named(`${read} ORDER BY there.key, there.digest FOR UPDATE OF there`),
    // Sorted, so that of two that want the same none waits for the other in a circle.
    write:
      named(`WITH given AS (SELECT * FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[])
        AS given (key, digest, tail, body, is_new)),
      removed AS (DELETE FROM ${documents} AS there USING given
        WHERE given.body IS NULL AND there.collection = $1::text AND there.key = given.key AND there.digest = given.digest)
      INSERT INTO ${documents} AS there (collection, key, digest, tail, body)
      SELECT $1::text, key, digest, tail, body FROM given WHERE body IS NOT NULL
      ORDER BY key COLLATE "C", digest COLLATE "C"
      ON CONFLICT (collection, key, digest) DO UPDATE SET body = excluded.body WHERE NOT EXISTS (
        SELECT FROM given WHERE is_new AND given.key = there.key AND given.digest = there.digest)`),
    clear: named(`DELETE FROM ${documents} WHERE collection = $1::text AND key <= (SELECT max(key) FROM (
      SELECT key FROM ${documents} WHERE collection = $1::text ORDER BY key LIMIT ${clearedAtOnce}) AS first)`),
    list: (collection, options, locked) => listOf(documents, collection, options, locked),
  };
}

function listOf(
  documents: string,
  collection: string,
  { prefix, after, limit = 1_000 }: ListOptions,
  locked: boolean,
): { statement: Statement; values: unknown[] } {
  const values: unknown[] = [];
  const value = (one: unknown, type = "text"): string => `$${values.push(one)}::${type}`;
  const conditions = [`collection = ${value(textKey(collection))}`];
  if (prefix !== undefined) conditions.push(startsWith(prefix, value));
  if (after !== undefined) conditions.push(isBehind(after, value));
  const text = `SELECT key, tail, body FROM ${documents} WHERE ${conditions.join(" AND ")}
    ORDER BY key, tail NULLS FIRST LIMIT ${value(countOf(limit), "bigint")} ${locked ? "FOR UPDATE" : ""}`;
  return { statement: named(text, { reads: !locked }), values };
}
