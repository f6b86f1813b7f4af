/** The store on PostgreSQL, which syncs to disk at each commit. */
import { postgresServer } from "@meshwright/testing";
import { draining } from "./draining.js";
import { latency } from "./latency.js";
import { relaying } from "./relaying.js";
import { relayingOneByOne } from "./relaying-one-by-one.js";
import { streams } from "./streams.js";
import { writing } from "./writing.js";

export async function postgres(): Promise<void> {
  await using server = await postgresServer();
  await writing(await server.createDatabase());
  await relaying(await server.createDatabase());
  await relayingOneByOne(await server.createDatabase());
  await latency(await server.createDatabase());
}

export async function outboxDrain(): Promise<void> {
  await using server = await postgresServer();
  await draining(await server.createDatabase());
}

export async function postgresStreams(): Promise<void> {
  await using server = await postgresServer();
  await streams(await server.createDatabase());
}
