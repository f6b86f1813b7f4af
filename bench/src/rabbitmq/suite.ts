/** End to end on RabbitMQ, in two processes. One server for all of a comparison; what a round left is removed after it. */
import { connect } from "amqplib";
import { compareLatency, compareThroughput, type Sized } from "../end-to-end.js";
import { rabbitmqPlace } from "../place.js";

const names = {
  raw: "raw",
  alike: "raw, with the same work for the server",
  brokerKey: "meshwright: broker, ordering key",
  brokerNone: "meshwright: broker, ordering none",
  meshKey: "meshwright: mesh, ordering key",
  meshNone: "meshwright: mesh, ordering none",
  client: "rabbitmq-client",
  nest: "NestJS RMQ transport",
} as const;

const count = 60_000;
const raw: Sized = { name: names.raw, contestant: "rabbitmq/raw", count };
const alike: Sized = { name: names.alike, contestant: "rabbitmq/raw-alike", count };
const brokerKey: Sized = { name: names.brokerKey, contestant: "rabbitmq/broker", ordering: "key", count };
const brokerNone: Sized = { name: names.brokerNone, contestant: "rabbitmq/broker", ordering: "none", count };
const meshKey: Sized = { name: names.meshKey, contestant: "rabbitmq/mesh", ordering: "key", count };
const meshNone: Sized = { name: names.meshNone, contestant: "rabbitmq/mesh", ordering: "none", count };
const client: Sized = { name: names.client, contestant: "rabbitmq/client", count: count / 2 };
const nest: Sized = { name: names.nest, contestant: "rabbitmq/nest", count: count / 2 };

const brokers = [names.brokerKey, names.brokerNone];
const note =
  "All messages are persistent and in quorum queues of a single node. Raw: amqplib, a window of 1,024 confirms, prefetch 300, one acknowledgement for all of a tick. Meshwright has a fanout exchange and a queue for each of 8 partitions, properties for each event, and a stream of every channel, for replay and for groups to come; so has the raw client with the same work.";
const peersNote =
  "rabbitmq-client: 1,024 under way, prefetch 300. NestJS with a quorum queue, persistent messages and acknowledgements by the handler, of which it has none by default.";

export async function rabbitmq(): Promise<void> {
  await using place = await rabbitmqPlace();
  // Server and all are there for the next run, which brings queues of its own.
  const lent = async () => ({ ...place, [Symbol.asyncDispose]: async () => undefined });
  const afterRound = async (): Promise<void> =>
    removeQueues(place.url, await place.ctl("list_queues", "name", "--silent"));
  await compareThroughput({
    title: "RabbitMQ: end to end in two processes, events of 1 KB",
    place: lent,
    afterRound,
    entrants: [raw, alike, brokerKey, brokerNone, meshKey, meshNone, client, nest],
    goals: [
      ...brokers.map((of) => ({ of, least: 0.85 })),
      ...brokers.map((of) => ({ of, against: names.client, least: 1.4 })),
    ],
    note: `${note} ${peersNote}`,
  });
  await compareLatency({
    title: "RabbitMQ: from publish to handler at 1,000 events per second",
    place: lent,
    afterRound,
    entrants: [raw, brokerKey, brokerNone, meshKey],
    mostAtP99: 1.5,
    note,
  });
}

/** Each queue has a log and a timer of its own, also when nobody uses it any more. */
async function removeQueues(url: string, listed: string): Promise<void> {
  const connection = await connect(url);
  const channel = await connection.createChannel();
  const queues = listed.split("\n").filter((name) => name !== "");
  await Promise.all(queues.map((name) => channel.deleteQueue(name)));
  await connection.close();
}
