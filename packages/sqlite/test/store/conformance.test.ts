import { testStore } from "@meshwright/testing";
import { leaseMs, sqliteWorld } from "./world.js";

const noServer = "there is no server that could be restarted; processes.test.ts kills processes";

testStore({
  name: "sqlite store",
  world: () => sqliteWorld(),
  leaseMs,
  skip: {
    "S1/dies":
      "its handle ends with its process, which processes.test.ts kills; below it runs with handles of the caller",
    "S12/restart": noServer,
  },
});

testStore({
  name: "sqlite store, on handles of the caller",
  world: () => sqliteWorld({ handles: true }),
  leaseMs,
  skip: { "S12/restart": noServer },
});
