/** Whoever has the database's password changes what was sealed, by SQL. */
import { auditArchive, verifyInclusion } from "@meshwright/core";
import type { Pool } from "pg";
import { expect, test } from "vitest";
import { database, openStore, poolOn } from "../support.js";
import { events } from "./support.js";

async function sealed() {
  const pool = poolOn(await database());
  const store = await openStore({ pool });
  for (const stream of ["sale/1", "sale/2", "sale/1"]) await store.streams.append(stream, "any", events(10));
  const archive = auditArchive(store);
  return { pool, store, archive, head: await archive.seal() };
}

/** The row of an event, by its position. */
const at = (position: number): string => `id = (SELECT id FROM mw_log WHERE position = ${position})`;

test.each<[what: string, position: number, sql: string]>([
  ["data", 5, `UPDATE mw_events SET event = replace(event, 'test.v1', 'test.v2') WHERE ${at(5)}`],
  ["what is no event any more", 5, `UPDATE mw_events SET event = '{"id":' WHERE ${at(5)}`],
  ["nothing at all", 5, `UPDATE mw_events SET event = '' WHERE ${at(5)}`],
  ["its stream", 15, `UPDATE mw_events SET stream = 'sale/3' WHERE ${at(15)}`],
  ["its version", 15, `UPDATE mw_events SET version = 99 WHERE ${at(15)}`],
  ["an event taken out", 12, `DELETE FROM mw_events WHERE ${at(12)}`],
  ["its place taken out", 12, "DELETE FROM mw_log WHERE position = 12"],
  ["the last one taken out", 30, "DELETE FROM mw_log WHERE position = 30"],
  [
    "two exchanged",
    3,
    "UPDATE mw_log AS one SET id = other.id FROM mw_log AS other WHERE one.position + other.position = 28 AND one.position IN (3, 25)",
  ],
  ["a link taken out", 7, "DELETE FROM mw_documents WHERE collection = 'archive' AND key LIKE '%07'"],
  [
    "a link that is another one's",
    8,
    "UPDATE mw_documents SET body = (SELECT body FROM mw_documents WHERE key LIKE '%007') WHERE key LIKE '%008'",
  ],
])("%s is found, at its position", async (_, position, sql) => {
  const { pool, archive, head } = await sealed();
  expect(await archive.verify({ head })).toEqual({ ok: true, head });
  const { rowCount } = await pool.query(sql);
  expect(rowCount).toBeGreaterThan(0);
  expect(await archive.verify({ head })).toMatchObject({ ok: false, position });
});

test("the end cut off, with its links and the checkpoint, is found by who has kept a head", async () => {
  const { pool, archive, head } = await sealed();
  await pool.query("DELETE FROM mw_log WHERE position > 20");
  await pool.query("DELETE FROM mw_documents WHERE key > '0000000000000020'");
  await pool.query("UPDATE mw_checkpoints SET position = 20");
  expect(await archive.verify()).toMatchObject({ ok: true });
  expect(await archive.verify({ head })).toMatchObject({ ok: false, position: 21 });
});

test("what is proven holds without the database, and a proof of a changed event does not", async () => {
  const { pool, archive, head } = await sealed();
  expect(verifyInclusion(await archive.prove(9), head)).toBe(true);
  await change(pool);
  expect(verifyInclusion(await archive.prove(9), head)).toBe(false);
});

async function change(pool: Pool): Promise<void> {
  await pool.query(`UPDATE mw_events SET event = replace(event, 'test.v1', 'test.v2') WHERE ${at(9)}`);
}
