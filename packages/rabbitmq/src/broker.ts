/**
 * The broker on RabbitMQ. This folder imports `@meshwright/core/adapter` and amqplib only. To read on: `topology.ts` (what a
 * channel and a group are made of), `wire.ts` (what is stored), `publisher.ts`, `unordered.ts` and `ordered.ts` (members at work).
 */
import {
  type Broker,
  type BrokerCapabilities,
  type BrokerContext,
  type DeadLetterRecord,
  type DeadLetterShelf,
  type HistoryEntry,
  type HistoryReader,
  type HistoryRequest,
  refusals,
  type Subscription,
  type SubscriptionRequest,
  type WireMessage,
} from "@meshwright/core/adapter";
import { maxBodyBytes } from "./channels.js";
import { brokerError } from "./errors.js";
import { type RabbitBrokerOptions, type Settings, settingsFrom } from "./options.js";
import { Session } from "./session.js";

/** The broker on RabbitMQ with all that it can do. */
export type RabbitBroker = Broker & HistoryReader & DeadLetterShelf;

/**
 * A broker on RabbitMQ, 3.10 to 4.x.
 *
 * @param options - `url`, `connection` or `connect`; see `RabbitBrokerOptions` for the rest
 * @throws ConfigurationError `RABBITMQ_OPTIONS_INVALID`, `DURATION_INVALID`
 * @example const broker = rabbitBroker({ url: "amqp://localhost:5672" });
 */
export function rabbitBroker(options: RabbitBrokerOptions): RabbitBroker {
  return new QueuesBroker(settingsFrom(options));
}

const capabilities: BrokerCapabilities = {
  durable: true,
  reach: "network",
  keyOrder: true,
  delayedRetry: true,
  delayedPublish: true,
  typeFilter: true,
  startPositions: ["latest", "earliest", "time", "offset"],
  replay: true,
  deadLetters: true,
  inspection: false,
  atomicBatch: false,
  maxBodyBytes,
};

class QueuesBroker implements RabbitBroker {
  readonly name = "rabbitmq";
  readonly capabilities: BrokerCapabilities = capabilities;
  readonly #settings: Settings;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  async open(context: BrokerContext): Promise<void> {
    if (this.#opening) throw refusals.alreadyOpen();
    this.#opening = Session.open(this.#settings, context);
    this.#session = await this.#opening;
  }

  async publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    await this.#doing("publishing", (session) => session.publish(channel, messages));
  }

  async subscribe(request: SubscriptionRequest): Promise<Subscription> {
    return await this.#live().subscribe(request);
  }

  history(request: HistoryRequest): AsyncIterable<readonly HistoryEntry[]> {
    return reading("reading history", () => this.#live().history(request));
  }

  deadLetters({ group }: { readonly group: string }): AsyncIterable<readonly DeadLetterRecord[]> {
    return reading("listing dead letters", () => this.#live().deadLetters(group));
  }

  async redrive(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number> {
    return await this.#doing("redriving", (session) => session.redrive(request.group, request.ids));
  }

  async purge(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number> {
    return await this.#doing("purging", (session) => session.purge(request.group, request.ids));
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const session = await this.#opening?.catch(() => undefined);
    await session?.close();
  }

  async #doing<T>(what: string, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(this.#live());
    } catch (error) {
      throw brokerError(error, what);
    }
  }

  #live(): Session {
    if (this.#ended) throw refusals.closed();
    if (!this.#session) throw refusals.notOpen();
    return this.#session;
  }
}

/** An iteration whose errors are ours. */
async function* reading<T>(doing: string, begin: () => AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    yield* begin();
  } catch (error) {
    throw brokerError(error, doing);
  }
}
