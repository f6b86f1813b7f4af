import { rabbitmqServer, redisServer, type Server } from "@meshwright/testing";

/** What `--broker` may name. */
export const brokerTitles = { sqlite: "one SQLite file", redis: "Redis", rabbitmq: "RabbitMQ" } as const;
export type BrokerName = keyof typeof brokerTitles;

export function brokerName(given: string): BrokerName {
  if (Object.hasOwn(brokerTitles, given)) return given as BrokerName;
  throw new Error(`--broker takes one of ${Object.keys(brokerTitles).join(", ")}`);
}

/**
 * The server behind a broker: the one that MESHWRIGHT_REDIS_URL or MESHWRIGHT_RABBITMQ_URL names, else one of our own that
 * ends with the demo. SQLite needs none.
 */
export function startBrokerServer(name: BrokerName): Promise<Server | undefined> {
  switch (name) {
    case "sqlite":
      return Promise.resolve(undefined);
    case "redis":
      return redisServer();
    case "rabbitmq":
      return rabbitmqServer();
  }
}
