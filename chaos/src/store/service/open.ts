import type { StoreName } from "../settings.js";
import type { Service } from "./contract.js";

/** @param address - URL or path */
type Open = (address: string, leaseMs: number) => Promise<Service>;

// Only the one that is asked for is loaded.
const services: Record<StoreName, Open> = {
  postgres: async (url, leaseMs) => (await import("./postgres.js")).postgresService(url, leaseMs),
  sqlite: async (path, leaseMs) => (await import("./sqlite.js")).sqliteService(path, leaseMs),
};

export function openService(name: StoreName, address: string, leaseMs: number): Promise<Service> {
  return services[name](address, leaseMs);
}
