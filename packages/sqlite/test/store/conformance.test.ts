import { testStore } from "@meshwright/testing";
import { leaseMs, sqliteWorld } from "./world.js";

const noServer = "there is no server that could be restarted; processes.test.ts kills processes";
const ownHandle =
  "its handle ends with its process, which processes.test.ts and stream-processes.test.ts kill; below it runs with handles of the caller";

testStore({
  name: "sqlite store",
  world: () => sqliteWorld(),
  leaseMs,
  skip: {
    "S1/dies": ownHandle,
    "S12/restart": noServer,
    "S12/streams-restart": noServer,
    "S12/streams-cut-off": ownHandle,
  },
});

testStore({
  name: "sqlite store, on handles of the caller",
  world: () => sqliteWorld({ handles: true }),
  leaseMs,
  skip: { "S12/restart": noServer, "S12/streams-restart": noServer },
});
