/**
 * Makes a group that starts in the past. While that takes it has inlets, exchanges of its own, that are not bound to its queues at
 * first: what is published meanwhile goes to a stage, by their alternate exchange. The log is copied, then the queues are bound,
 * which for each message is a clean switch, then what is on the stage and not in the copy follows. In the end the queues are bound
 * like those of other groups, and the inlets go. One that dies midway leaves a group that is not ready, and the next starts over.
 */
import { partitionOf, type SubscriptionRequest, typeFilter } from "@meshwright/core/adapter";
import type { ConsumeMessage } from "amqplib";
import { isOwnEntry, readEntry } from "./bundle.js";
import { apply } from "./declare.js";
import { sourceOf, startFilter } from "./history.js";
import { remember } from "./journal.js";
import { channelName, groupName } from "./names.js";
import type { Outgoing } from "./outgoing.js";
import type { SessionParts } from "./parts.js";
import { Awaited, Stage } from "./stage.js";
import { readStream, type StreamSource } from "./stream.js";
import {
  type BindingPlan,
  firstName,
  groupTopology,
  inletTopology,
  logName,
  pastExchange,
  queueName,
  stageName,
  type Topology,
} from "./topology.js";
import { bodyOf, type Headers, isOurs, propertiesOf, readMessage, type Stored, salvage } from "./wire.js";

/** For publishes that were being routed when the bindings changed. */
const lateMs = 50;

export async function initialise(parts: SessionParts, request: SubscriptionRequest): Promise<void> {
  const { settings, namespace, link, publisher, clock } = parts;
  const name = groupName(namespace, request.channel, request.group);
  const plan = inletTopology(settings, namespace, request);
  const late = (): Promise<void> => new Promise((resolve) => clock.after(lateMs, resolve));
  const bind = (wanted: (binding: BindingPlan) => boolean): Promise<void> =>
    apply(link, { exchanges: [], queues: [], bindings: plan.bindings.filter(wanted) }, "declare");

  await startOver(parts, plan);
  await apply(link, { ...plan, bindings: [] }, "declare");
  await bind(({ queue }) => queue === stageName(name));
  const stage = await Stage.open(link, stageName(name));
  try {
    const copy = new LogCopy(parts, request);
    const end = await copy.read(sourceOf(request.from));
    await bind(({ to }) => to === "exchange");
    await late();
    const awaited = new Awaited();
    await copy.read({ offset: end + 1 }, awaited);
    // The server has cut a publisher by then that stopped between the log and the groups.
    await stage.caughtUp(awaited, clock, settings.leaseMs + 1_000);
    await bind(() => true);
    await late();
    await copy.follow(await stage.drained(publisher));
  } finally {
    await stage.close();
  }
  if (request.ordering === "key") {
    const queues = Array.from({ length: settings.partitions }, (_, partition) => firstName(name, partition));
    await publisher.store(queues.map(endMark));
  }
  // A queue that a message reaches in two ways gets it once.
  await apply(link, groupTopology(settings, namespace, request), "declare");
  await apply(link, { exchanges: [pastExchange(name)], queues: [], bindings: [] }, "declare");
  await link.once(async (channel) => {
    for (const inlet of inletsOf(plan)) await channel.deleteExchange(inlet);
    await channel.deleteExchange(stageName(name));
    await channel.deleteQueue(stageName(name));
  });
}

/** Removes what an earlier attempt has left. The inlets first, so that nothing follows. */
async function startOver({ link }: SessionParts, plan: Topology): Promise<void> {
  await link.once(async (channel) => {
    for (const inlet of inletsOf(plan)) await channel.deleteExchange(inlet);
    for (const { name } of plan.queues) await channel.deleteQueue(name);
  });
}

const inletsOf = ({ exchanges }: Topology): string[] =>
  exchanges
    .filter((exchange) => exchange.arguments["alternate-exchange"] !== undefined)
    .map(({ name }) => name);

/** Puts the channel's log into the group's queues, and then what is not in it. */
class LogCopy {
  readonly #parts: SessionParts;
  readonly #request: SubscriptionRequest;
  readonly #name: string;
  readonly #starts: (stored: Stored) => boolean;
  readonly #wanted: ((type: string) => boolean) | undefined;
  /** The latest that were read. */
  readonly #seen: Set<string> = new Set();

  constructor(parts: SessionParts, request: SubscriptionRequest) {
    this.#parts = parts;
    this.#request = request;
    this.#name = groupName(parts.namespace, request.channel, request.group);
    this.#starts = startFilter(request.from);
    this.#wanted = typeFilter(request.types);
  }

  /** Returns the place in the log where it ended. */
  async read(from: StreamSource["from"], awaited?: Awaited): Promise<number> {
    const { link, publisher, namespace } = this.#parts;
    const queue = logName(channelName(namespace, this.#request.channel));
    let end = 0;
    for await (const batch of readStream(link, publisher, { queue, from }, (offset) => {
      end = offset;
    })) {
      await publisher.store(batch.flatMap((entry) => this.#entry(entry, awaited)));
    }
    return end;
  }

  #entry(entry: ConsumeMessage, awaited: Awaited | undefined): Outgoing[] {
    const events = readEntry(entry);
    const started = (events.length > 0 ? events : [salvage(entry)]).filter((stored) => {
      // Two foreign ones may be the same to the byte.
      if (awaited || isOwnEntry(entry)) remember(this.#seen, stored.offset);
      return this.#starts(stored);
    });
    if (!isOwnEntry(entry)) return started.length > 0 ? this.#foreign(entry) : [];
    const wanted = started.filter((stored) => this.#wants(stored));
    awaited?.add(wanted);
    return wanted.map((stored) => this.#own(stored));
  }

  /** What came to the stage; what the copy has is passed over. */
  async follow(messages: readonly ConsumeMessage[]): Promise<void> {
    const outgoing = messages.flatMap((message) => {
      const stored = readMessage(message) ?? salvage(message);
      if (this.#seen.has(stored.offset)) return [];
      if (!isOurs(message.properties)) return this.#foreign(message);
      return this.#wants(stored) ? [this.#own(stored)] : [];
    });
    await this.#parts.publisher.store(outgoing);
  }

  #wants({ message }: Stored): boolean {
    return !this.#wanted || this.#wanted(message.type);
  }

  #own({ message, offset }: Stored): Outgoing {
    const key = this.#queue(partitionOf(message.key, this.#parts.settings.partitions));
    return { exchange: "", key, body: bodyOf(message), properties: propertiesOf(message, offset) };
  }

  /** As it was routed, so that it is with the others of its key. */
  #foreign(message: ConsumeMessage): Outgoing[] {
    const stored = readMessage(message);
    const partition = Number.parseInt(message.fields.routingKey, 10);
    if ((stored && !this.#wants(stored)) || !(partition < this.#parts.settings.partitions)) return [];
    return [copyOf(message, this.#queue(partition))];
  }

  #queue(partition: number): string {
    return this.#request.ordering === "none" ? queueName(this.#name) : firstName(this.#name, partition);
  }
}

/** Byte for byte, also what is no message. */
function copyOf({ properties, content }: ConsumeMessage, key: string): Outgoing {
  const headers: Headers = {};
  for (const [name, value] of Object.entries((properties.headers ?? {}) as Headers)) {
    if (name !== "x-stream-offset") headers[name] = value;
  }
  const { contentType, messageId, correlationId, appId, type, timestamp } = properties as unknown as Record<
    string,
    unknown
  >;
  const given = { contentType, messageId, correlationId, appId, type, timestamp };
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
