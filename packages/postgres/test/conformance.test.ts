import { type PostgresServer, postgresServer, testStore } from "@meshwright/testing";
import { afterAll, beforeAll } from "vitest";
import { leaseMs, postgresWorld, requireServer } from "./world.js";

let server: PostgresServer | undefined;
beforeAll(async () => {
  // One of its own, since it is restarted: soon, without a disk that has everything.
  server = await postgresServer({
    config: ["fsync = off", "max_connections = 100", "deadlock_timeout = 100ms"],
  });
});
afterAll(() => server?.close());

testStore({
  name: "postgres store",
  world: () => postgresWorld(requireServer(server)),
  leaseMs,
  skip: { "S8/loser": "READ COMMITTED makes them wait for each other; below it runs where one is refused" },
});

testStore({
  name: "postgres store, where transactions are serializable",
  world: () =>
    postgresWorld(requireServer(server), { options: "-c default_transaction_isolation=serializable" }),
  leaseMs,
});
