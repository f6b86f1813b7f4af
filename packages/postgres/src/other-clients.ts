/**
 * Transactions of Kysely and Drizzle as what `enlist` takes. They are described by their shape, so that who uses neither has
 * neither installed.
 */
import { storeRefusals } from "@meshwright/core/adapter";
import type { Queryable } from "./transaction.js";

/** A transaction of Kysely on PostgreSQL, as far as it is used here. */
export interface KyselyTransaction {
  readonly isTransaction: true;
  executeQuery(query: KyselyQuery): Promise<{ readonly rows: unknown[]; readonly numAffectedRows?: bigint }>;
}

/** What Kysely's `CompiledQuery.raw` makes. */
export interface KyselyQuery {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  readonly query: {
    readonly kind: "RawNode";
    readonly sqlFragments: readonly string[];
    readonly parameters: readonly never[];
  };
  readonly queryId: { readonly queryId: string };
}

/**
 * For `store.enlist`: the transaction that Kysely has begun, and commits.
 *
 * @param trx - what `db.transaction().execute` hands to its callback, or a controlled transaction. On PostgreSQL
 * @example
 * await db.transaction().execute(async (trx) => {
 *   await trx.insertInto("releases").values({ digest }).execute();
 *   await mesh.publish("com.acme.release.approved.v1", { digest }, { tx: store.enlist(kyselyClient(trx)) });
 * });
 */
export function kyselyClient(trx: KyselyTransaction): Queryable {
  return {
    async query(sql, parameters = []) {
      // What is typed as a transaction may be the Kysely itself, which would commit by itself.
      if (!trx.isTransaction) throw storeRefusals.noTransaction();
      const query = { kind: "RawNode", sqlFragments: [sql], parameters: [] } as const;
      try {
        const done = await trx.executeQuery({ sql, parameters, query, queryId: { queryId: "meshwright" } });
        return { rowCount: Number(done.numAffectedRows ?? done.rows.length), rows: done.rows };
      } catch (error) {
        throw isOver(error) ? storeRefusals.ended() : error;
      }
    },
  };
}

/** Kysely says so in words alone. */
function isOver(error: unknown): boolean {
  return error instanceof Error && /^Transaction is already (committed|rolled back)$/.test(error.message);
}

/** A transaction of Drizzle on node-postgres, as far as it is used here. */
export interface DrizzleTransaction<Sql> {
  execute(query: Sql): PromiseLike<{ readonly rowCount: number | null; readonly rows: readonly unknown[] }>;
  /** A transaction has it, and the database itself has not. */
  rollback(): never;
}

/** Drizzle's `sql`, as far as it is used here. */
export interface DrizzleSql<Sql> {
  raw(text: string): Sql;
  param(value: unknown): unknown;
  join(chunks: unknown[]): Sql;
}

/**
 * For `store.enlist`: the transaction that Drizzle has begun on node-postgres, and commits. It does not tell whether it is
 * over: await all that is published in it.
 *
 * @param tx - what `db.transaction` hands to its callback
 * @param sql - Drizzle's own: `import { sql } from "drizzle-orm"`
 * @example
 * await db.transaction(async (tx) => {
 *   await tx.insert(releases).values({ digest });
 *   await mesh.publish("com.acme.release.approved.v1", { digest }, { tx: store.enlist(drizzleClient(tx, sql)) });
 * });
 */
export function drizzleClient<Sql>(tx: DrizzleTransaction<Sql>, sql: DrizzleSql<Sql>): Queryable {
  return {
    async query(text, values = []) {
      // Drizzle numbers parameters itself. Names and texts in quotes may look like one.
      const parts = text.split(/("[^"]*"|'[^']*'|\$\d+)/);
      const chunks = parts.map((part) =>
        /^\$\d+$/.test(part) ? sql.param(values[Number(part.slice(1)) - 1]) : sql.raw(part),
      );
      try {
        return await tx.execute(sql.join(chunks));
      } catch (error) {
        // Drizzle's own error has the values in its message.
        throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
      }
    },
  };
}
