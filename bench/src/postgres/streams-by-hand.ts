/** What somebody writes who needs streams on PostgreSQL and no more: a row a stream, a row an event, read below the oldest transaction. */
import type { MeshEvent } from "@meshwright/core";
import type pg from "pg";

export async function createByHand(pool: pg.Pool): Promise<void> {
  await pool.query(`
    CREATE TABLE hand_streams (stream text PRIMARY KEY, version bigint NOT NULL);
    CREATE TABLE hand_events (
      position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
      stream text NOT NULL, version bigint NOT NULL, id text NOT NULL, type text NOT NULL, event text NOT NULL,
      UNIQUE (stream, version), UNIQUE (stream, id));
    CREATE INDEX ON hand_events (xid, position);
  `);
}

export async function appendByHand(
  pool: pg.Pool,
  stream: string,
  expected: number,
  events: readonly MeshEvent[],
): Promise<void> {
  const { rowCount } = await pool.query({
    name: "append-by-hand",
    text: `WITH head AS (
        INSERT INTO hand_streams AS s VALUES ($1, $3::bigint) ON CONFLICT (stream) DO UPDATE SET version = s.version + $3
        WHERE s.version = $2 RETURNING version)
      INSERT INTO hand_events (stream, version, id, type, event)
      SELECT $1, $2::bigint + nr, id, type, event
      FROM head, unnest($4::text[], $5::text[], $6::text[]) WITH ORDINALITY AS given(id, type, event, nr)`,
    values: [
      stream,
      expected,
      events.length,
      events.map(({ id }) => id),
      events.map(({ type }) => type),
      events.map((event) => JSON.stringify(event)),
    ],
  });
  if (rowCount !== events.length) throw new Error("another version");
}

export async function readByHand(pool: pg.Pool, stream: string): Promise<number> {
  const { rows } = await pool.query({
    name: "read-by-hand",
    text: "SELECT version, event FROM hand_events WHERE stream = $1 ORDER BY version",
    values: [stream],
  });
  return rows.map(({ event }) => JSON.parse(event)).length;
}

export async function readAllByHand(pool: pg.Pool, times: number): Promise<void> {
  let [xid, position] = ["0", "0"];
  for (let left = times; left > 0; ) {
    const { rows } = await pool.query({
      name: "read-all-by-hand",
      text: `SELECT xid::text, position, stream, version, event FROM hand_events
        WHERE (xid, position) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY hand_events.xid, position LIMIT 500`,
      values: [xid, position],
    });
    for (const { event } of rows) JSON.parse(event);
    const last = rows.at(-1);
    if (last === undefined) return;
    [xid, position] = [last.xid, last.position];
    left -= rows.length;
  }
}
