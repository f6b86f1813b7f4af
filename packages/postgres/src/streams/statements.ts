/** The SQL of streams. Values have their types beside them wherever they stand: some drivers number each use of a value anew. */
import type { Tables } from "../names.js";
import { lockNumberOf, named, type Statement } from "../statement.js";

export interface StreamStatements {
  /** Those of one event. */
  readonly one: AppendStatements;
  /** Those of many. In place of a key they have an array; events and types are lines. */
  readonly many: AppendStatements;
  /** Values: stream, keys. Answers with a row for each key, or with one where there are none. */
  readonly find: Statement;
  /** Values: stream, from, limit. */
  readonly read: Statement;
  readonly readBackwards: Statement;
  /** Values: after, then the category and the types, if it has them. */
  page(filter: LogFilter): Statement;
  readonly head: Statement;
  /** Several at once. @param until - the last one to be numbered, as `head` gave it */
  number(until: string, timeoutMs: number): string;
}

/** Values: stream, category, version expected or null, key, event, type. They write one row, or nothing. */
export interface AppendStatements {
  /** To a stream that is there, at the version expected. */
  readonly atVersion: Statement;
  /** To one that need not be there: no version is expected, or none yet. Answers with the new version. */
  readonly orNew: Statement;
}

export interface LogFilter {
  readonly limit: number;
  /** Whether it is restricted to one. */
  readonly category: boolean;
  /** Whether it is restricted to some. */
  readonly types: boolean;
}

/** How many kinds of pages are prepared: whoever reads on and on asks for the same number each time. */
const mostPages = 32;

/** How many runs of a page are read as such. */
const mostRuns = 20;

/** How many events are given positions in one go, if no single append had more. Others wait for it. */
const numberedAtOnce = 10_000;

export function streamStatements(tables: Tables): StreamStatements {
  const { streams, events } = tables;
  const read = (compare: string, order: string): Statement =>
    named(
      `SELECT version::text AS version, event FROM ${events} AS there
       WHERE stream = $1::text AND version ${compare} $2::bigint ORDER BY there.version ${order} LIMIT $3::bigint`,
      { reads: true },
    );
  return {
    one: appendStatements((raised) => appendOneText(tables, raised), tables, "1", "event_key = $4::uuid"),
    many: appendStatements(
      (raised) => appendManyText(tables, raised),
      tables,
      sizeGiven,
      "event_key = ANY ($4::uuid[])",
    ),
    find: named(
      `SELECT at.version::text AS at, there.version::text AS version
       FROM (SELECT coalesce((SELECT version FROM ${streams} WHERE stream = $1::text), 0)) AS at (version)
       LEFT JOIN unnest($2::uuid[]) WITH ORDINALITY AS given (event_key, nr) ON true
       LEFT JOIN ${events} AS there ON there.stream = $1::text AND there.event_key = given.event_key
       ORDER BY nr`,
      { reads: true },
    ),
    read: read(">=", ""),
    readBackwards: read("<=", "DESC"),
    page: pagesOf(tables),
    head: named(`SELECT ${headColumns(tables)}`, { reads: true }),
    number: (until, timeoutMs) => numberText(tables, BigInt(until), timeoutMs),
  };
}

/**
 * Raising the version is what decides. Where the row of the stream is another transaction's, this waits for it, and then
 * compares with what that has left: the row as it is now, not as it was when the statement began. So is the row of a stream
 * that did not exist yet. That the events are not there is seen as of the beginning: of two that append the same at the same
 * time and expect no version, the second one violates the unique index.
 */
function appendStatements(
  text: (raised: string) => string,
  { streams, events }: Tables,
  count: string,
  isGiven: string,
): AppendStatements {
  const [stream, expected] = ["$1::text", "$3::bigint"];
  const isNew = `NOT EXISTS (SELECT FROM ${events} WHERE stream = ${stream} AND ${isGiven})`;
  const atVersion = `UPDATE ${streams} SET version = version + ${count}
    WHERE stream = ${stream} AND version = ${expected} AND ${isNew} RETURNING version`;
  const orNew = `INSERT INTO ${streams} AS there (stream, version) SELECT ${stream}, ${count} WHERE ${isNew}
    ON CONFLICT (stream) DO UPDATE SET version = there.version + ${count}
      WHERE ${expected} IS NULL OR there.version = ${expected}
    RETURNING version`;
  return {
    atVersion: named(text(atVersion)),
    orNew: named(`${text(orNew)} RETURNING (SELECT version::text FROM raised) AS version`),
  };
}

/** Most appends are of one event. It takes half the time without arrays. */
function appendOneText({ events, eventsNew }: Tables, raised: string): string {
  return `WITH raised AS (${raised}), added AS (
      INSERT INTO ${events} (stream, version, event_key, event)
      SELECT $1::text, version, $4::uuid, $5::text FROM raised RETURNING id
    )
    INSERT INTO ${eventsNew} (id, ids, category, types) SELECT id, ARRAY[id], $2::text, ARRAY[$6::text] FROM added`;
}

const sizeGiven = "cardinality($4::uuid[])";

function appendManyText({ events, eventsNew }: Tables, raised: string): string {
  return `WITH raised AS (${raised}), added AS (
      INSERT INTO ${events} (stream, version, event_key, event)
      SELECT $1::text, version - ${sizeGiven} + nr, event_key, event
      FROM raised, unnest($4::uuid[], string_to_array($5::text, chr(10))) WITH ORDINALITY AS given (event_key, event, nr)
      RETURNING id, version
    )
    INSERT INTO ${eventsNew} (id, ids, category, types)
      SELECT min(id), array_agg(id ORDER BY version), $2::text, string_to_array($6::text, chr(10))
      FROM added HAVING count(*) > 0`;
}

/** The last position, and the newest append that has none yet. */
function headColumns({ log, eventsNew }: Tables): string {
  return `(SELECT max(position) FROM ${log})::text AS head, (SELECT max(id) FROM ${eventsNew})::text AS newest`;
}

/** The limit is part of the text. With a limit that is told later the planner would think of other ways, each time anew. */
function pagesOf(tables: Tables): StreamStatements["page"] {
  const known = new Map<string, Statement>();
  return (filter) => {
    const text = pageText(tables, filter);
    const statement = known.get(text) ?? named(text, { reads: true });
    if (known.size < mostPages) known.set(text, statement);
    return known.has(text) ? statement : { ...statement, name: undefined };
  };
}

/**
 * One statement, so one snapshot: what is wanted of the log, and a row more with its end, and with how many places this has found up
 * to which one. So nothing is passed over, also where an event has been removed by hand.
 *
 * Each part is written such that there is one way to do it that is much cheaper than all others, whatever the planner knows of
 * the tables: along an index from `after` on, up to the limit, then one event after the other by its primary key.
 */
function pageText(tables: Tables, filter: LogFilter): string {
  const isRestricted = filter.category || filter.types;
  return `WITH place AS MATERIALIZED (${placesText(tables, filter)})
    ${isRestricted ? oneByOneText(tables, "place") : runsText(tables, filter)}
    UNION ALL
    SELECT head, '', newest, (SELECT count(*) || ' ' || coalesce(max(position), 0) FROM place)
    FROM (SELECT ${headColumns(tables)}) AS ends`;
}

function oneByOneText({ events }: Tables, places: string): string {
  return `SELECT position::text AS position, stream, version::text AS version, event FROM ${places}
    CROSS JOIN LATERAL (SELECT stream, version, event FROM ${events} WHERE id = place.id LIMIT 1) AS event`;
}

/**
 * Events that were appended and numbered one after the other are read one after the other, which takes a third of the time of
 * reading each by itself. They are apart where transactions were rolled back or committed late. Where that is often, each is.
 */
function runsText(tables: Tables, { limit }: LogFilter): string {
  return `, run AS MATERIALIZED (
      SELECT position - id AS shift, min(id) AS first, max(id) AS last, count(*) AS size FROM place GROUP BY 1
    ), found AS MATERIALIZED (
      SELECT count(*) <= ${mostRuns} AND bool_and(size = last - first + 1) AS in_runs FROM run
    )
    SELECT (id + shift)::text AS position, stream, version::text AS version, event
    FROM (SELECT * FROM run WHERE (SELECT in_runs FROM found) LIMIT ${mostRuns}) AS run
    CROSS JOIN LATERAL (
      SELECT id, stream, version, event FROM ${tables.events} WHERE id BETWEEN first AND last ORDER BY id LIMIT ${limit}
    ) AS event
    UNION ALL
    ${oneByOneText(tables, "(SELECT * FROM place WHERE NOT (SELECT in_runs FROM found)) AS place")}`;
}

function placesText({ log }: Tables, { limit, category, types }: LogFilter): string {
  const after = "$1::bigint";
  const columns = "position, id";
  const behind = (column: string, value: string): string =>
    `(${column}, position) > (${value}, ${after}) AND ${column} <= ${value}`;
  if (types) {
    const wanted = category ? "$3::text[]" : "$2::text[]";
    return `SELECT ${columns} FROM unnest(${wanted}) AS wanted (name) CROSS JOIN LATERAL (
        SELECT ${columns} FROM ${log} WHERE ${behind("type", "wanted.name")} ${category ? "AND category = $2::text" : ""}
        ORDER BY type, position LIMIT ${limit}
      ) AS of_type ORDER BY position LIMIT ${limit}`;
  }
  if (category) {
    return `SELECT ${columns} FROM ${log} WHERE ${behind("category", "$2::text")}
      ORDER BY category, position LIMIT ${limit}`;
  }
  return `SELECT ${columns} FROM ${log} WHERE position > ${after} ORDER BY position LIMIT ${limit}`;
}

/**
 * Gives positions to the oldest appends that have none. The lock is had by a statement of its own: the next one sees what whoever
 * had it before has committed. In the same statement both would count on from the same position. Rows are read along the primary
 * key, up to the limit: a queue has no statistics to be relied on.
 */
function numberText({ log, eventsNew }: Tables, until: bigint, timeoutMs: number): string {
  return `BEGIN ISOLATION LEVEL READ COMMITTED;
    SET LOCAL lock_timeout = ${timeoutMs}; SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
    SELECT pg_advisory_xact_lock(${lockNumberOf(log)}, 0);
    WITH oldest AS (
      SELECT id, cardinality(ids) AS size FROM ${eventsNew} WHERE id <= ${until} ORDER BY id LIMIT ${numberedAtOnce}
    ), counted AS (
      SELECT id, sum(size) OVER (ORDER BY id) - size AS before FROM oldest
    ), gone AS (
      DELETE FROM ${eventsNew} WHERE id <= (SELECT max(id) FROM counted WHERE before < ${numberedAtOnce}) RETURNING *
    )
    INSERT INTO ${log} (position, id, category, type)
      SELECT (SELECT coalesce(max(position), 0) FROM ${log}) + row_number() OVER (ORDER BY gone.id, nr),
        event.id, category, type
      FROM gone, unnest(ids, types) WITH ORDINALITY AS event (id, type, nr) ORDER BY gone.id, nr;
    SELECT 1 FROM ${eventsNew} WHERE id <= ${until} LIMIT 1;
    COMMIT`;
}
