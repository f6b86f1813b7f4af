/**
 * The broker on Redis Streams. This folder imports `@meshwright/core/adapter` and ioredis only. To read on: `wire.ts` (what is
 * stored), `scripts/group-library.ts` (what a group is made of), `subscription.ts` (a member at work), `scripts/sync.ts` (how
 * partitions are shared out).
 */
import {
  type Broker,
  type BrokerCapabilities,
  type BrokerContext,
  type DeadLetterRecord,
  type DeadLetterShelf,
  type GroupReport,
  type HistoryEntry,
  type HistoryReader,
  type HistoryRequest,
  type Inspector,
  refusals,
  type Subscription,
  type SubscriptionRequest,
  type WireMessage,
} from "@meshwright/core/adapter";
import { brokerError } from "./errors.js";
import { type RedisBrokerOptions, type Settings, settingsFrom } from "./options.js";
import { maxBodyBytes } from "./publisher.js";
import { Session } from "./session.js";

/** The broker on Redis with all that it can do. */
export type RedisBroker = Broker & HistoryReader & DeadLetterShelf & Inspector;

/**
 * A broker on Redis Streams, 6.2 or newer: one server, Sentinel, or Cluster.
 *
 * @param options - `url`, `connection`, `cluster` or `client`; see `RedisBrokerOptions` for the rest
 * @throws ConfigurationError `REDIS_OPTIONS_INVALID`, `DURATION_INVALID`
 * @example const broker = redisBroker({ url: "redis://localhost:6379" });
 */
export function redisBroker(options: RedisBrokerOptions): RedisBroker {
  return new StreamsBroker(settingsFrom(options));
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
  inspection: true,
  atomicBatch: true,
  maxBodyBytes,
};

class StreamsBroker implements RedisBroker {
  readonly name = "redis";
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
    await this.#live().publish(channel, messages);
  }

  async subscribe(request: SubscriptionRequest): Promise<Subscription> {
    return await this.#live().subscribe(request);
  }

  close(): Promise<void> {
    this.#ended = true;
    this.#closing ??= this.#close();
    return this.#closing;
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

  async inspect(): Promise<readonly GroupReport[]> {
    return await this.#doing("inspecting", (session) => session.inspect());
  }

  #live(): Session {
    if (this.#ended) throw refusals.closed();
    if (!this.#session) throw refusals.notOpen();
    return this.#session;
  }

  async #doing<T>(what: string, run: (session: Session) => Promise<T>): Promise<T> {
    const session = this.#live();
    try {
      return await run(session);
    } catch (error) {
      throw brokerError(error, what);
    }
  }

  async #close(): Promise<void> {
    const session = await this.#opening?.catch(() => undefined);
    await session?.close();
  }
}

async function* reading<T>(doing: string, pages: () => AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages();
  } catch (error) {
    throw brokerError(error, doing);
  }
}
