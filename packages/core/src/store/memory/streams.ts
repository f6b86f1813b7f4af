import type { LogAccess, StreamLog } from "../log.js";
import type { MemoryDatabase } from "./database.js";

interface Parts {
  requireOpen(): void;
  /** In a transaction of its own. */
  transaction<T>(work: (tx: { readonly log: LogAccess }) => Promise<T>): Promise<T>;
}

export function memoryStreamLog({ events, watch }: MemoryDatabase, parts: Parts): StreamLog {
  const committed = (): number => {
    parts.requireOpen();
    return events.committed;
  };
  return {
    append: (append) => parts.transaction(({ log }) => log.append(append)),
    read: async (read) => events.read(read, committed()),
    page: async (page) => events.page(page, committed()),
    head: async () => committed(),
    watch,
  };
}
