/** The store's SQL, for tables that are known. */
import { mostCounted } from "@meshwright/core/adapter";
import pg from "pg";
import { type CheckpointStatements, checkpointStatements } from "./checkpoints.js";
import { type DocumentStatements, documentStatements } from "./documents/statements.js";
import { madeAt } from "./migrations.js";
import type { FoundTables } from "./names.js";
import { columns, lanes, readColumns, type StoredRow } from "./rows.js";
import { lockNumberOf, named, type Statement } from "./statement.js";
import { type StreamStatements, streamStatements } from "./streams/statements.js";

/** What a transaction writes. */
export interface Writes {
  readonly appendOne: Statement;
  readonly appendMany: Statement;
  readonly claim: Statement;
}

export interface Statements extends Writes {
  /** The table. */
  readonly outbox: string;
  /**
   * The same where the client may be in another database, which may have such tables too: there they do nothing. `claim`
   * answers with a row for being in the right one, and another for the claim.
   */
  readonly guarded: Writes;
  /** Answers with a row in the right database. */
  readonly here: Statement;
  readonly prune: string;
  /** @param rows - as `take` gave them, in that order */
  refuse(rows: readonly Place[]): string;
  /** One row: `rows`, `refused`, `oldest_ms`. */
  readonly backlog: string;
  readonly refused: string;
  readonly restore: string;
  readonly remove: string;
  /** A lane in which there are rows. */
  readonly look: string;
  /** Several at once. @param half - of the lanes: 0 or 1 */
  take(half: number, limit: number, leaseMs: number): string;
  /** Several at once. @param rows - as `take` gave them, in that order */
  end(rows: readonly Place[]): string;
  readonly streams: StreamStatements;
  readonly documents: DocumentStatements;
  readonly checkpoints: CheckpointStatements;
}

/** Where a row of the outbox is. */
export type Place = Pick<StoredRow, "lane" | "place">;

const names: string = columns.map(([name]) => name).join(", ");

export function statementsFor(tables: FoundTables, leaseMs: number): Statements {
  const { outbox, refused, inbox } = tables;
  const claim = `INSERT INTO ${inbox} (consumer_group, source, id, at)
    SELECT $1, $2, $3, to_timestamp($4::double precision / 1000)`;
  const here = isHere(tables);
  return {
    outbox,
    appendOne: named(insertOne(outbox)),
    appendMany: named(insertMany(outbox)),
    claim: named(`${claim} ON CONFLICT DO NOTHING`),
    guarded: {
      appendOne: named(insertOne(outbox, { where: here })),
      appendMany: named(insertMany(outbox, { where: here })),
      claim: named(
        `WITH here AS (SELECT 1 WHERE ${here}), claimed AS (${claim} FROM here ON CONFLICT DO NOTHING RETURNING 1)
         SELECT 1 FROM here UNION ALL SELECT 1 FROM claimed`,
      ),
    },
    here: named(`SELECT 1 WHERE ${here}`),
    prune: `DELETE FROM ${inbox} WHERE at < to_timestamp($1::double precision / 1000)`,
    refuse: (rows) => `WITH gone AS (DELETE FROM ${outbox} WHERE ${areThese(rows)} RETURNING *)
      INSERT INTO ${refused} (seq, ${names}, code, reason, refused_at)
      SELECT seq, ${names}, cause.code, cause.reason, to_timestamp($4::double precision / 1000)
      FROM gone JOIN unnest($1::bigint[], $2::text[], $3::text[]) AS cause(seq, code, reason) USING (seq)`,
    backlog: `SELECT ${counted(outbox)} AS rows, ${counted(refused)} AS refused,
      (extract(epoch FROM clock_timestamp() - ${oldestText(outbox)}) * 1000)::text AS oldest_ms`,
    refused: `SELECT ${readColumns}, code, reason, (extract(epoch FROM refused_at) * 1000)::text AS refused_ms
      FROM ${refused} ORDER BY refused_at, seq`,
    // Sorted before it is given new numbers, so that a key's rows stay in order.
    restore: `WITH back AS (DELETE FROM ${refused} WHERE seq = ANY($1::bigint[]) RETURNING *)
      INSERT INTO ${outbox} (${names}) SELECT ${names} FROM back ORDER BY seq`,
    remove: `DELETE FROM ${refused} WHERE seq = ANY($1::bigint[])`,
    look: `SELECT lane::text AS lane FROM ${outbox} ORDER BY ${outbox}.lane, seq LIMIT 1`,
    take: (half, limit, leaseMs) => takeText(outbox, half, limit, leaseMs),
    end: (rows) => `${rows.length === 0 ? "" : `DELETE FROM ${outbox} WHERE ${areThese(rows)}; `}COMMIT`,
    streams: streamStatements(tables),
    documents: documentStatements(tables),
    checkpoints: checkpointStatements(tables, leaseMs),
  };
}

/** As text, like all numbers. */
function counted(table: string): string {
  return `(SELECT count(*)::text FROM (SELECT FROM ${table} LIMIT ${mostCounted}) AS found)`;
}

/** When the oldest of all rows was appended: the first of each lane is found along the primary key. */
function oldestText(outbox: string): string {
  return `(SELECT min(first.at) FROM generate_series(0, ${lanes - 1}) AS one CROSS JOIN LATERAL (
    SELECT at FROM ${outbox} WHERE lane = one ORDER BY seq LIMIT 1
  ) AS first)`;
}

interface Insertion {
  /** The number of the first parameter. Default 1. */
  readonly from?: number;
  /** A condition. */
  readonly where?: string;
}

/** One row into the outbox: a parameter for each column. */
export function insertOne(outbox: string, { from = 1, where = "true" }: Insertion = {}): string {
  const values = columns.map(([, type], at) => `$${from + at}::${type}`);
  return `INSERT INTO ${outbox} (${names}) SELECT ${values.join(", ")} WHERE ${where}`;
}

/** Several rows: an array for each column. */
export function insertMany(outbox: string, { from = 1, where = "true" }: Insertion = {}): string {
  const arrays = columns.map(([, type], at) => `$${from + at}::${type}[]`);
  return `INSERT INTO ${outbox} (${names}) SELECT ${names}
    FROM unnest(${arrays.join(", ")}) WITH ORDINALITY AS given(${names}, nr) WHERE ${where} ORDER BY nr`;
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
 * Of each lane rows are read along the primary key, and of all lanes together the oldest come first, up to the limit: nobody reads
 * past the rows of others. A lane that is not ours is left out before it is looked at. The planner would rather read and sort
 * the whole outbox, since it does not know how few lanes and rows it will be: so it may not.
 */
function takeText(outbox: string, half: number, limit: number, leaseMs: number): string {
  const ours = lanesOf(half).map(
    (lane) =>
      `(SELECT * FROM ${outbox} WHERE lane = ${lane} AND current_setting('meshwright.lanes') LIKE '%,${lane},%' ORDER BY seq)`,
  );
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL idle_in_transaction_session_timeout = ${leaseMs};
    SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 0;
    SELECT set_config('meshwright.lanes', (${lockedLanes(outbox, half)}), true);
    SELECT ${readColumns} FROM (${ours.join(" UNION ALL ")}) AS ours ORDER BY seq LIMIT ${limit}`;
}

/** Those of half of the lanes that nobody has, as ",3,5,": they are ours until the transaction ends. */
function lockedLanes(outbox: string, half: number): string {
  return `SELECT ',' || coalesce(string_agg(lane::text, ','), '') || ',' FROM unnest(ARRAY[${lanesOf(half).join()}]) AS lane
    WHERE pg_try_advisory_xact_lock(${lockNumberOf(outbox)}, lane)`;
}

function lanesOf(half: number): readonly number[] {
  return Array.from({ length: lanes / 2 }, (_, index) => (half * lanes) / 2 + index);
}

/**
 * The condition for these rows. For each lane its own, and its first and last: then the primary key leads to them and to few
 * others, whatever the planner thinks of the table and makes of the list. It may think that there is nothing in it.
 *
 * @param rows - as `take` gave them, in that order
 */
function areThese(rows: readonly Place[]): string {
  const byLane = new Map<string, string[]>();
  for (const { lane, place } of rows) {
    const places = byLane.get(lane);
    if (places === undefined) byLane.set(lane, [place]);
    else places.push(place);
  }
  return [...byLane]
    .map(([lane, places]) => {
      const range = `seq BETWEEN ${places[0]} AND ${places.at(-1)}`;
      return `lane = ${lane} AND ${range} AND seq = ANY('{${places.join()}}'::bigint[])`;
    })
    .join(" OR ");
}
