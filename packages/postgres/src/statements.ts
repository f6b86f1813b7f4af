/** The store's SQL, for tables that are known. */
import pg from "pg";
import { type CheckpointStatements, checkpointStatements } from "./checkpoints.js";
import { type DocumentStatements, documentStatements } from "./documents/statements.js";
import { madeAt } from "./migrations.js";
import type { FoundTables } from "./names.js";
import { columns, lanes, readColumns } from "./rows.js";
import { lockNumberOf, named, type Statement } from "./statement.js";
import { type StreamStatements, streamStatements } from "./streams/statements.js";

/** What a transaction writes. */
export interface Writes {
  readonly appendOne: Statement;
  readonly appendMany: Statement;
  readonly claim: Statement;
}

export interface Statements extends Writes {
  /**
   * The same where the client may be in another database, which may have such tables too: there they do nothing. `claim`
   * answers with a row for being in the right one, and another for the claim.
   */
  readonly guarded: Writes;
  /** Answers with a row in the right database. */
  readonly here: Statement;
  readonly prune: string;
  readonly refuse: string;
  readonly refused: string;
  readonly restore: string;
  readonly remove: string;
  /** The lane of the oldest row. */
  readonly look: string;
  /** Several at once. @param half - of the lanes: 0 or 1 */
  take(half: number, limit: number, leaseMs: number): string;
  /** Several at once. @param places - as `take` gave them */
  end(places: readonly string[]): string;
  readonly streams: StreamStatements;
  readonly documents: DocumentStatements;
  readonly checkpoints: CheckpointStatements;
}

const names: string = columns.map(([name]) => name).join(", ");

export function statementsFor(tables: FoundTables, leaseMs: number): Statements {
  const { outbox, refused, inbox } = tables;
  const claim = `INSERT INTO ${inbox} (consumer_group, source, id, at)
    SELECT $1, $2, $3, to_timestamp($4::double precision / 1000)`;
  const here = isHere(tables);
  return {
    appendOne: named(appendOne(outbox)),
    appendMany: named(appendMany(outbox)),
    claim: named(`${claim} ON CONFLICT DO NOTHING`),
    guarded: {
      appendOne: named(`${appendOne(outbox)} WHERE ${here}`),
      appendMany: named(appendMany(outbox, `WHERE ${here}`)),
      claim: named(
        `WITH here AS (SELECT 1 WHERE ${here}), claimed AS (${claim} FROM here ON CONFLICT DO NOTHING RETURNING 1)
         SELECT 1 FROM here UNION ALL SELECT 1 FROM claimed`,
      ),
    },
    here: named(`SELECT 1 WHERE ${here}`),
    prune: `DELETE FROM ${inbox} WHERE at < to_timestamp($1::double precision / 1000)`,
    refuse: `WITH gone AS (DELETE FROM ${outbox} WHERE seq = ANY($1::bigint[]) RETURNING *)
      INSERT INTO ${refused} (seq, ${names}, code, reason, refused_at)
      SELECT seq, ${names}, cause.code, cause.reason, to_timestamp($4::double precision / 1000)
      FROM gone JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS cause(seq, code, reason) USING (seq)`,
    refused: `SELECT ${readColumns}, code, reason, (extract(epoch FROM refused_at) * 1000)::text AS refused_ms
      FROM ${refused} ORDER BY refused_at, seq`,
    // Sorted before it is given new numbers, so that a key's rows stay in order.
    restore: `WITH back AS (DELETE FROM ${refused} WHERE seq = ANY($1::bigint[]) RETURNING *)
      INSERT INTO ${outbox} (${names}) SELECT ${names} FROM back ORDER BY seq`,
    remove: `DELETE FROM ${refused} WHERE seq = ANY($1::bigint[])`,
    look: `SELECT lane FROM ${outbox} ORDER BY seq LIMIT 1`,
    take: (half, limit, leaseMs) => takeText(outbox, half, limit, leaseMs),
    end: (places) =>
      `${places.length === 0 ? "" : `DELETE FROM ${outbox} WHERE seq = ANY('{${places.join()}}'::bigint[]); `}COMMIT`,
    streams: streamStatements(tables),
    documents: documentStatements(tables),
    checkpoints: checkpointStatements(tables, leaseMs),
  };
}

function appendOne(outbox: string): string {
  const values = columns.map(([, type], at) => `$${at + 1}::${type}`);
  return `INSERT INTO ${outbox} (${names}) SELECT ${values.join(", ")}`;
}

function appendMany(outbox: string, where = ""): string {
  const arrays = columns.map(([, type], at) => `$${at + 1}::${type}[]`);
  return `INSERT INTO ${outbox} (${names}) SELECT ${names}
    FROM unnest(${arrays.join(", ")}) WITH ORDINALITY AS given(${names}, nr) ${where} ORDER BY nr`;
}

/** Whether a statement runs in the database where the tables were found. */
function isHere({ migrations, database, madeAt: found }: FoundTables): string {
  return `current_database() = ${pg.escapeLiteral(database)} AND (SELECT ${madeAt} FROM ${migrations}) = ${found}`;
}

/**
 * In one round trip: a transaction that is the lease, the locks of the lanes, and what is in them.
 *
 * Numbers are given out when rows are written, and may be committed in another order: a row can appear behind one that was
 * published already. No matter: rows are taken away when they are published, not passed over up to a number, so whatever
 * is there is found. Within a key, one that began after the other's commit has the higher number.
 *
 * The rows are read by a statement after the locks, and see what was committed before the locks were had: the deletions of
 * the relay that had them before. In the same statement they would be seen as before, and go out twice.
 *
 * Rows are read along the primary key, up to the limit. The planner knows nothing of lanes that are told at run time, and would
 * read and sort the whole outbox each time.
 */
function takeText(outbox: string, half: number, limit: number, leaseMs: number): string {
  // Asked once, not of each row: who got no lane reads nothing, however much others have before them.
  const any = "current_setting('meshwright.lanes') <> ''";
  const mine = `${any} AND lane = ANY(string_to_array(current_setting('meshwright.lanes'), ',')::smallint[])`;
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL idle_in_transaction_session_timeout = ${leaseMs};
    SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 0;
    SELECT set_config('meshwright.lanes', (${lockedLanes(outbox, half)}), true);
    SELECT ${readColumns} FROM ${outbox} WHERE ${mine} ORDER BY seq LIMIT ${limit}`;
}

/** Those of half of the lanes that nobody has: they are ours until the transaction ends. */
function lockedLanes(outbox: string, half: number): string {
  const first = (half * lanes) / 2;
  const last = first + lanes / 2 - 1;
  return `SELECT coalesce(string_agg(lane::text, ','), '') FROM generate_series(${first}, ${last}) AS lane
    WHERE pg_try_advisory_xact_lock(${lockNumberOf(outbox)}, lane)`;
}
