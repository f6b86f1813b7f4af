import { type MemoryRows, memoryDatabase, memoryStore } from "@meshwright/core";
import type { StoreWorld } from "../src/index.js";

export const storeLeaseMs = 200;

/** The memory store as the kit wants it. */
export function memoryWorld(): StoreWorld<MemoryRows> {
  const database = memoryDatabase();
  const other = memoryDatabase();
  return {
    create: () => memoryStore({ database, lease: storeLeaseMs }),
    elsewhere: () => memoryStore({ database: other, lease: storeLeaseMs }),
    write: async (client, key, value) => client.set(key, value),
    read: async (key) => database.rows.get(key) as string | undefined,
    rowsLeft: async () => database.waiting.size,
  };
}
