/** What a run stands on: a server of its own, or the folder of an embedded broker. */
import { join } from "node:path";
import { rabbitmqServer, redisServer, type Server } from "@meshwright/testing";
import type { BrokerName } from "./brokers.js";

export interface Site extends AsyncDisposable {
  readonly broker: BrokerName;
  /** URL or path. */
  readonly address: string;
  /** Undefined for an embedded broker: there is nothing to kill, and no network to cut. */
  readonly server: Server | undefined;
}

const sites: Record<BrokerName, (folder: string) => Promise<Site>> = {
  sqlite: async (folder) => ({
    broker: "sqlite",
    address: join(folder, "chaos.db"),
    server: undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }),
  redis: async () => behind("redis", await redisServer()),
  rabbitmq: async () => behind("rabbitmq", await rabbitmqServer()),
};

function behind(broker: BrokerName, server: Server): Site {
  return {
    broker,
    address: server.url,
    server,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

/** @param folder - where an embedded broker keeps its file */
export function openSite(broker: BrokerName, folder: string): Promise<Site> {
  return sites[broker](folder);
}
