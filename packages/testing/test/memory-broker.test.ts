import { testBroker, virtualClock } from "../src/index.js";
import { memoryOptions } from "./memory-options.js";

testBroker({ ...memoryOptions(), name: "memory broker" });
testBroker({ ...memoryOptions(), name: "memory broker on a virtual clock", clock: virtualClock() });
