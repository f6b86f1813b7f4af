import { type MemoryBroker, memoryBroker, memoryServer } from "@meshwright/core";
import type { ConformanceOptions } from "../src/index.js";

const lease = { leaseMs: 300 };

/** The memory broker, as its author would prove it. */
export function memoryOptions(): ConformanceOptions<MemoryBroker> {
  const server = memoryServer();
  const small = memoryServer({ retention: { maxMessages: 10 } });
  const hard = memoryServer({ retention: { maxMessages: 10, hardLimit: { maxMessages: 50 } } });
  return {
    ...lease,
    create: () => memoryBroker({ server, ...lease }),
    crash: (broker) => broker.crash(),
    restart: () => server.restart(),
    retention: {
      create: () => memoryBroker({ server: small, ...lease }),
      hard: { messages: 50, create: () => memoryBroker({ server: hard, ...lease }) },
    },
    skip: {
      "B8/corrupt-entry": "it keeps objects, which cannot be undecodable",
      "B13/stale-settlement": "it lives in this process, which cannot be frozen on its own",
      "B18/incompatible": "there is nothing to open that another program could have written",
    },
  };
}
