/** What the store refuses, in words that say what to do. Values of statements are in none of them. */
import { MeshError, StoreError } from "@meshwright/core/adapter";
import { explained } from "../errors.js";

/**
 * Whatever the driver threw, as an error of ours. Our own errors pass through.
 *
 * @param doing - what was being done: "opening the store"
 */
export function storeError(error: unknown, doing: string): MeshError {
  if (error instanceof MeshError) return error;
  const { code, message, retryable } = explained(error, doing);
  return new StoreError(code, message, { retryable, cause: error });
}

function refusal(code: string, message: string): StoreError {
  return new StoreError(code, message, { retryable: false });
}

export const endedEarly = (): StoreError =>
  refusal(
    "SQLITE_TX_ENDED_EARLY",
    "The transaction ended before its work did: the work ran COMMIT or ROLLBACK, or SQLite rolled back, as it does when the disk is full. Leave BEGIN, COMMIT and ROLLBACK to the store, and let errors pass.",
  );

export const schemaMissing = (table: string): StoreError =>
  refusal(
    "SQLITE_SCHEMA_MISSING",
    `There is no table ${table}. Run store.migrate(), or the SQL that migrations() gives; check the path and \`prefix\`.`,
  );

export const schemaOlder = (found: number, ours: number): StoreError =>
  refusal(
    "SQLITE_SCHEMA_OLDER",
    `The store's tables have version ${found}, this package needs ${ours}. Run store.migrate(), or the SQL that migrations() gives.`,
  );

export const schemaNewer = (found: number, ours: number): StoreError =>
  refusal(
    "SQLITE_SCHEMA_NEWER",
    `The store's tables have version ${found}, this package knows ${ours}. Update @meshwright/sqlite here.`,
  );
