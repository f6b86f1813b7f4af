/**
 * The embedded broker: one SQLite file, any number of processes of one machine. This folder imports
 * `@meshwright/core/adapter` and the driver only. To read on: `schema.ts` (what is stored), `writer.ts` (how it is
 * committed), `claims.ts` (who gets what), `keys.ts` (what keeps keys in order).
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
import { deadLetterPage } from "./dead-letters.js";
import { brokerError } from "./errors.js";
import { rangeOf, readHistory } from "./history.js";
import { maxBodyBytes } from "./log.js";
import { type Settings, type SqliteBrokerOptions, settingsFrom } from "./options.js";
import { Session } from "./session.js";

/** The embedded broker with all that it can do. */
export type SqliteBroker = Broker & HistoryReader & DeadLetterShelf & Inspector;

/**
 * A broker in one SQLite file: durable, shared by all processes of the machine that open the same file, nothing to
 * install or to run. It cannot be used over a network, nor on a network file system.
 *
 * @param options - `path` of the file, or an open `database`; see `SqliteBrokerOptions` for the rest
 * @throws ConfigurationError `SQLITE_OPTIONS_INVALID`, `DURATION_INVALID`
 * @example const broker = sqliteBroker({ path: "./mesh.db" });
 */
export function sqliteBroker(options: SqliteBrokerOptions): SqliteBroker {
  return new EmbeddedBroker(settingsFrom(options));
}

class EmbeddedBroker implements SqliteBroker {
  readonly name = "sqlite";
  readonly capabilities: BrokerCapabilities;
  readonly #settings: Settings;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  #ended = false;
  #closing: Promise<void> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.capabilities = capabilitiesOf(settings);
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

  async *history(request: HistoryRequest): AsyncGenerator<readonly HistoryEntry[]> {
    const session = this.#live();
    const log = await session.current(request.channel);
    if (log) yield* reading(readHistory(log, rangeOf(log, request)));
  }

  async *deadLetters({ group }: { readonly group: string }): AsyncGenerator<readonly DeadLetterRecord[]> {
    for (let after = 0; ; ) {
      const session = this.#live();
      const page = deadLetterPage(session.db, group, session.groupsNamed(group), after);
      if (page.records.length === 0) return;
      yield page.records;
      after = page.last;
    }
  }

  async redrive(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number> {
    return await this.#live().redrive(request.group, request.ids);
  }

  async purge(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number> {
    return await this.#live().purge(request.group, request.ids);
  }

  async inspect(): Promise<readonly GroupReport[]> {
    return this.#live().inspect();
  }

  #live(): Session {
    if (this.#ended) throw refusals.closed();
    if (!this.#session) throw refusals.notOpen();
    return this.#session;
  }

  async #close(): Promise<void> {
    const session = await this.#opening?.catch(() => undefined);
    await session?.close();
  }
}

async function* reading<T>(pages: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* pages;
  } catch (error) {
    throw brokerError(error, "reading history");
  }
}

function capabilitiesOf({ path, database }: Settings): BrokerCapabilities {
  const inMemory = path === ":memory:" || (database !== undefined && database.location?.() === null);
  return {
    durable: !inMemory,
    reach: inMemory ? "process" : "machine",
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
}
