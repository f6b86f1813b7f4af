import { type RabbitBroker, type RabbitBrokerOptions, rabbitBroker } from "@meshwright/rabbitmq";
import type { ConformanceOptions, RabbitmqServer } from "@meshwright/testing";
import { connect } from "amqplib";
import { channelName } from "../src/names.js";
import { unordered } from "./unordered.js";

const fast = { lease: 2_000, timeout: 2_000, partitions: 3 } as const;

/** How the adapter is proven on a server: with ordered groups, or without any. */
export function conformanceOptions(server: RabbitmqServer, order: boolean): ConformanceOptions<RabbitBroker> {
  const { url } = server;
  const create = (over: RabbitBrokerOptions = {}): RabbitBroker => {
    const broker = rabbitBroker({ url, ...fast, ...over });
    return order ? broker : unordered(broker);
  };
  return {
    create: () => create(),
    fork: { module: new URL("./forked-broker.ts", import.meta.url), options: { url, ...fast, order } },
    leaseMs: fast.lease,
    backlog: 2_000,
    deadlineMs: 30_000,
    capabilities: { durable: true, reach: "network" },
    restart: () => server.restart(),
    network: {
      target: { host: server.host, port: server.port },
      create: ({ host, port }) => {
        const far = new URL(url);
        far.hostname = host;
        far.port = String(port);
        return create({ url: far.href });
      },
    },
    retention: { create: () => create({ retention: { maxAge: 1_000, maxBytes: 1, segmentBytes: 4_000 } }) },
    async corrupt({ namespace, channel }, bytes) {
      const connection = await connect(url);
      const raw = await connection.createConfirmChannel();
      raw.publish(channelName(namespace, channel), "0.rubbish", Buffer.from(bytes));
      await raw.waitForConfirms();
      await connection.close();
    },
    async incompatible() {
      const vhost = "another-format";
      await server.ctl("add_vhost", vhost);
      await server.ctl("set_permissions", "-p", vhost, new URL(url).username, ".*", ".*", ".*");
      const other = `${url}/${vhost}`;
      const connection = await connect(other);
      const raw = await connection.createChannel();
      await raw.assertExchange("mw:format", "fanout", { durable: true });
      await connection.close();
      return create({ url: other });
    },
    skip: {
      "B17/gap-is-reported": "queues have no hard limit: what a group has not read is always kept",
      "B17/no-gap-no-report": "queues have no hard limit: what a group has not read is always kept",
    },
  };
}
