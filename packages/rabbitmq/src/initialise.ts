/**
 * Makes a group that starts in the past. Its inlets, exchanges of its own, are not bound to its queues at first: what is
 * published meanwhile goes to a stage, by their alternate exchange. The log is copied, then the queues are bound, which
 * for each message is a clean switch, then what is on the stage and not in the copy follows. One that dies midway leaves a
 * group that is not ready, and the next starts over.
 */
import { type SubscriptionRequest, typeFilter } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { apply } from "./declare.js";
import { Feed } from "./feed.js";
import { sourceOf, startFilter } from "./history.js";
import { newId } from "./journal.js";
import { channelName, groupName } from "./names.js";
import type { SessionParts } from "./parts.js";
import type { Outgoing } from "./publisher.js";
import { readStream, type StreamSource } from "./stream.js";
import { firstName, inletTopology, logName, queueName, stageName, type Topology } from "./topology.js";
import { type Headers, readMessage, salvage } from "./wire.js";

/** For publishes that were being routed when the bindings changed. */
const lateMs = 50;

type Destination = (message: ConsumeMessage) => string | undefined;

export async function initialise(parts: SessionParts, request: SubscriptionRequest): Promise<void> {
  const { settings, namespace, link, publisher, clock } = parts;
  const name = groupName(namespace, request.channel, request.group);
  const plan = inletTopology(settings, namespace, request);
  await startOver(parts, plan);
  await apply(
    link,
    { ...plan, bindings: plan.bindings.filter(({ queue }) => queue === stageName(name)) },
    "declare",
  );

  const log = logName(channelName(namespace, request.channel));
  const destination = destinationOf(settings.partitions, name, request);
  const start = startFilter(request.from);
  const copyLog = (from: StreamSource["from"], seen?: Set<string>): Promise<number> =>
    copyStream(parts, { queue: log, from }, (message) => {
      const stored = readMessage(message) ?? salvage(message);
      if (!start(stored)) return undefined;
      seen?.add(stored.offset);
      return destination(message);
    });
  const end = await copyLog(sourceOf(request.from));
  await apply(
    link,
    { exchanges: [], queues: [], bindings: plan.bindings.filter(({ to }) => to === "exchange") },
    "declare",
  );
  await new Promise<void>((resolve) => clock.after(lateMs, resolve));
  const seen = new Set<string>();
  await copyLog({ offset: end + 1 }, seen);
  await apply(link, plan, "declare");
  await new Promise<void>((resolve) => clock.after(lateMs, resolve));
  await drainStage(parts, stageName(name), (message) => {
    const { offset } = readMessage(message) ?? salvage(message);
    return seen.has(offset) ? undefined : destination(message);
  });
  if (request.ordering === "key") {
    const queues = Array.from({ length: settings.partitions }, (_, partition) => firstName(name, partition));
    await publisher.store(queues.map(endMark));
  }
  await link.once((channel) => channel.deleteQueue(stageName(name)));
}

/** Removes what an earlier attempt has left. The inlets first, so that nothing follows. */
async function startOver({ link }: SessionParts, { exchanges, queues }: Topology): Promise<void> {
  await link.once(async (channel) => {
    const inlets = exchanges.filter((exchange) => exchange.arguments["alternate-exchange"] !== undefined);
    for (const { name } of inlets) await channel.deleteExchange(name);
    for (const { name } of queues) await channel.deleteQueue(name);
  });
}

function destinationOf(
  partitions: number,
  name: string,
  { ordering, types }: SubscriptionRequest,
): Destination {
  const wanted = typeFilter(types);
  return (message) => {
    const stored = readMessage(message);
    if (stored && wanted && !wanted(stored.message.type)) return undefined;
    if (ordering === "none") return queueName(name);
    // As it was routed, so that it is with the others of its key.
    const partition = Number.parseInt(message.fields.routingKey, 10);
    return partition < partitions ? firstName(name, partition) : undefined;
  };
}

/** Returns the place in the stream where it ended. */
async function copyStream(
  { link, publisher }: SessionParts,
  source: StreamSource,
  destination: Destination,
): Promise<number> {
  let end = 0;
  for await (const batch of readStream(link, publisher, source, (offset) => {
    end = offset;
  })) {
    await publisher.store(copies(batch, destination));
  }
  return end;
}

async function drainStage(
  { link, publisher }: SessionParts,
  queue: string,
  destination: Destination,
): Promise<void> {
  const mark = newId();
  await publisher.store([
    {
      exchange: "",
      key: queue,
      body: Buffer.alloc(0),
      properties: { persistent: true, headers: { "mw-mark": mark } },
    },
  ]);
  const feed = await Feed.open(link);
  try {
    const all: ConsumeMessage[] = [];
    await new Promise<void>((resolve, reject) => {
      void feed.ended.then(() => reject(new Error("the connection was closed")));
      const take = (message: ConsumeMessage): void => {
        if (message.properties.headers?.["mw-mark"] === mark) resolve();
        else all.push(message);
      };
      feed.consume(queue, 0, take).catch(reject);
    });
    await publisher.store(copies(all, destination));
  } finally {
    await feed.close();
  }
}

function copies(batch: readonly ConsumeMessage[], destination: Destination): Outgoing[] {
  return batch.flatMap((message) => {
    const key = destination(message);
    return key === undefined ? [] : [copy(message, key)];
  });
}

/** Byte for byte, also what is no message. */
function copy({ properties, content }: ConsumeMessage, key: string): Outgoing {
  const headers: Headers = {};
  for (const [name, value] of Object.entries((properties.headers ?? {}) as Headers)) {
    if (name !== "x-stream-offset") headers[name] = value;
  }
  const { contentType, messageId, type, timestamp } = properties as unknown as Record<string, unknown>;
  const given = { contentType, messageId, type, timestamp };
  return {
    exchange: "",
    key,
    body: content,
    properties: { ...given, headers, persistent: true } as Outgoing["properties"],
  };
}

function endMark(queue: string): Outgoing {
  const properties = { persistent: true, headers: { "mw-end": 1 } };
  return { exchange: "", key: queue, body: Buffer.alloc(0), properties };
}
