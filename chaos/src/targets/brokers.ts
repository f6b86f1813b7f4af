/** The brokers under test, as the processes of a run open them. Only the one that is asked for is loaded. */
import type { Broker } from "@meshwright/core";
import type { Group } from "../groups.js";

/** @param address - URL or path */
type Open = (address: string, leaseMs: number) => Promise<Broker>;

const brokers = {
  sqlite: async (path, leaseMs) => {
    const { sqliteBroker } = await import("@meshwright/sqlite");
    // A process that is stopped while it holds SQLite's lock makes all others wait.
    return sqliteBroker({ path, lease: leaseMs, busyTimeout: "30s" });
  },
  redis: async (url, leaseMs) => {
    const { redisBroker } = await import("@meshwright/redis");
    return redisBroker({ url, lease: leaseMs, timeout: leaseMs });
  },
  rabbitmq: async (url, leaseMs) => {
    const { rabbitBroker } = await import("@meshwright/rabbitmq");
    return rabbitBroker({ url, lease: leaseMs, timeout: leaseMs, partitions: 4 });
  },
} satisfies Record<string, Open>;

export type BrokerName = keyof typeof brokers;

export const brokerNames = Object.keys(brokers) as readonly BrokerName[];

/** So long after its end a fault still shows: RabbitMQ notices silence by heartbeats of whole seconds, after up to three. */
export function aftermathMs(name: BrokerName, leaseMs: number): number {
  return name === "rabbitmq" ? Math.max(leaseMs, 3_000) : leaseMs;
}

/** So long before it was killed a server may have lost what it had taken: RabbitMQ writes acknowledgements a moment later. */
export function lostBeforeMs(name: BrokerName): number {
  return name === "rabbitmq" ? 200 : 0;
}

/**
 * Whether it may count what is on its way to a member that leaves, and its members move delayed retries: docs/rabbitmq.md says so of
 * groups without order.
 */
export function isPlainQueue(name: BrokerName, { ordering }: Pick<Group, "ordering">): boolean {
  return name === "rabbitmq" && ordering === "none";
}

export function createBroker(name: BrokerName, address: string, leaseMs: number): Promise<Broker> {
  return brokers[name](address, leaseMs);
}
