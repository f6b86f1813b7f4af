/** Sagas on the store on PostgreSQL, which syncs to disk at each commit. */
import { postgresServer } from "@meshwright/testing";
import { againstDbos } from "./against-dbos.js";
import { byJournal } from "./by-journal.js";
import { byWaiting } from "./by-waiting.js";

export async function postgresSagas(): Promise<void> {
  await using server = await postgresServer();
  await againstDbos(() => server.createDatabase());
}

export async function sagaWakes(): Promise<void> {
  await using server = await postgresServer();
  await byJournal(() => server.createDatabase());
  await byWaiting(() => server.createDatabase());
}
