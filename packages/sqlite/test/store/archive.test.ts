/** Whoever has the file changes what was sealed, by SQL. */
import { auditArchive } from "@meshwright/core";
import { expect, test } from "vitest";
import { temporaryFile } from "../support.js";
import { handleOn, openStore } from "./support.js";

async function sealed() {
  const path = temporaryFile();
  const store = await openStore({ path });
  let id = 0;
  const event = () => ({
    specversion: "1.0" as const,
    id: `event-${++id}`,
    source: "/test",
    type: "test.v1",
    data: { id },
  });
  for (const stream of ["sale/1", "sale/2", "sale/1"])
    await store.streams.append(stream, "any", Array.from({ length: 10 }, event));
  const archive = auditArchive(store);
  return { database: await handleOn(path), archive, head: await archive.seal() };
}

test.each<[what: string, position: number, sql: string]>([
  ["data", 5, "UPDATE mw_events SET event = replace(event, 'event-5', 'event-6') WHERE position = 5"],
  ["what is no event any more", 5, `UPDATE mw_events SET event = '{"id":' WHERE position = 5`],
  ["nothing at all", 5, "UPDATE mw_events SET event = '' WHERE position = 5"],
  ["its stream", 15, "UPDATE mw_events SET stream = 'sale/3' WHERE position = 15"],
  ["its version", 15, "UPDATE mw_events SET version = 99 WHERE position = 15"],
  ["an event taken out", 12, "DELETE FROM mw_events WHERE position = 12"],
  ["the last one taken out", 30, "DELETE FROM mw_events WHERE position = 30"],
  ["an event moved", 12, "UPDATE mw_events SET position = 99 WHERE position = 12"],
  ["a link taken out", 7, "DELETE FROM mw_documents WHERE collection = 'archive' AND key LIKE '%07'"],
  [
    "a link that is another one's",
    8,
    "UPDATE mw_documents SET body = (SELECT body FROM mw_documents WHERE key LIKE '%007') WHERE key LIKE '%008'",
  ],
])("%s is found, at its position", async (_, position, sql) => {
  const { database, archive, head } = await sealed();
  expect(await archive.verify({ head })).toEqual({ ok: true, head });
  database.exec(sql);
  expect(await archive.verify({ head })).toMatchObject({ ok: false, position });
});
