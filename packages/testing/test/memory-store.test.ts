import { testStore } from "../src/index.js";
import { memoryWorld, storeLeaseMs } from "./memory-store.js";

testStore({
  name: "memory store",
  world: memoryWorld,
  leaseMs: storeLeaseMs,
  skip: {
    "S1/dies": "its transactions have no connection of their own",
    "S12/streams-cut-off": "its transactions have no connection of their own",
    "S13/misfits": "there is nothing in it that could not fit",
  },
});
