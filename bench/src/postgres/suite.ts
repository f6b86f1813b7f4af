/** The store on PostgreSQL, which syncs to disk at each commit. */
import { postgresServer } from "@meshwright/testing";
import { relaying } from "./relaying.js";
import { writing } from "./writing.js";

export async function postgres(): Promise<void> {
  await using server = await postgresServer();
  await writing(await server.createDatabase());
  await relaying(await server.createDatabase());
}
