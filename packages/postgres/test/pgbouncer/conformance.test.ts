import { postgresServer, testStore } from "@meshwright/testing";
import { afterAll, describe } from "vitest";
import { leaseMs, postgresWorld } from "../world.js";
import { findBouncer } from "./bouncer.js";

// One of its own, since it is restarted: soon, without a disk that has everything.
const server = await postgresServer({ config: ["fsync = off", "max_connections = 300"] });
const { bouncer, missing } = await findBouncer(server.url);
afterAll(async () => {
  await bouncer?.close();
  await server.close();
});

describe.skipIf(bouncer === undefined)(`through PgBouncer between transactions ${missing}`, () => {
  for (const prepare of bouncer?.prepares ? [true, false] : [false]) {
    testStore({
      name: `postgres store, prepare: ${prepare}`,
      world: () => postgresWorld(server, {}, { prepare, through: (url) => bouncer?.through(url) ?? url }),
      leaseMs,
      skip: { "S8/loser": "READ COMMITTED makes them wait for each other" },
    });
  }
});
