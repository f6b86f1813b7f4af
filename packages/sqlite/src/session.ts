/** An open broker: its connection, its writer, its subscriptions and the timers that keep them going. */
import type {
  BrokerContext,
  Cancel,
  GroupReport,
  SubscriptionRequest,
  WireMessage,
} from "@meshwright/core/adapter";
import { refusals, typeFilter } from "@meshwright/core/adapter";
import { Channels } from "./channels.js";
import type { Connection } from "./connection.js";
import { groupsNamed, redriveRecord, takeRecord } from "./dead-letters.js";
import { ensureGroup } from "./groups.js";
import { inspectChannel } from "./inspect.js";
import { type ChannelLog, type MessageValues, messageValues } from "./log.js";
import { join } from "./members.js";
import { closeConnection, openConnection } from "./open.js";
import type { Settings } from "./options.js";
import { removeChunk } from "./retention.js";
import { SqliteSubscription } from "./subscription.js";
import { noWake, openWake, type Wake } from "./wake.js";
import { type Transaction, Writer } from "./writer.js";

/** How many dead letters one transaction moves. */
const recordsAtOnce = 500;

export class Session {
  readonly db: Connection;
  readonly #settings: Settings;
  readonly #context: BrokerContext;
  readonly #channels: Channels;
  readonly #writer: Writer;
  readonly #wake: Wake;
  readonly #subscriptions: Set<SqliteSubscription> = new Set();
  readonly #poll: NodeJS.Timeout;
  #renewal: Cancel = () => undefined;
  #retention: Cancel = () => undefined;
  #closed = false;

  private constructor(db: Connection, settings: Settings, context: BrokerContext) {
    this.db = db;
    this.#settings = settings;
    this.#context = context;
    this.#channels = new Channels(db, context.namespace);
    this.#writer = new Writer(db, context.clock, settings.busyMs, {
      committed: (channels) => this.#committed(channels),
      rolledBack: () => this.#channels.forget(),
    });
    const path = fileOf(settings);
    this.#wake = path === undefined ? noWake : openWake(path, context.logger, () => this.#wakeAll());
    this.#poll = setInterval(() => this.#wakeAll(), settings.pollMs);
    this.#renewLater();
    this.#retainLater();
  }

  static async open(settings: Settings, context: BrokerContext): Promise<Session> {
    return new Session(await openConnection(settings), settings, context);
  }

  /** One transaction holds all of it (`atomicBatch`). */
  publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    if (messages.length === 0) return Promise.resolve();
    const values = messages.map(messageValues);
    let bytes = 0;
    for (const { body } of messages) bytes += body.length;
    const delayed = messages.some((message) => message.deliverAt !== undefined);
    return this.#writer.submit<void>({
      doing: "publishing",
      rows: messages.length,
      bytes,
      adds: true,
      run: (transaction) => {
        const log = this.#channels.ensure(channel);
        if (delayed) appendOrSchedule(log, transaction, messages, values);
        else log.append(transaction, values);
      },
    });
  }

  async subscribe(request: SubscriptionRequest): Promise<SqliteSubscription> {
    if (!Number.isInteger(request.prefetch) || request.prefetch < 1)
      throw refusals.prefetchInvalid(request.prefetch);
    const { leaseMs } = this.#settings;
    const { group, member } = await this.#writer.submit({
      doing: "subscribing",
      rows: 2,
      run: (transaction) => {
        const log = this.#channels.ensure(request.channel);
        const group = ensureGroup(this.db, transaction, log, request);
        return { group, member: join(this.db, group.id, transaction.now + leaseMs, this.#context.service) };
      },
    });
    const subscription = new SqliteSubscription({
      db: this.db,
      writer: this.#writer,
      context: this.#context,
      group,
      member,
      prefetch: request.prefetch,
      leaseMs,
      wanted: typeFilter(request.types),
      closed: (ended) => this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** A channel's log with everything in it that is due by now. */
  async current(channel: string): Promise<ChannelLog | undefined> {
    return await this.#writer.submit({
      doing: "reading history",
      rows: 1,
      run: (transaction) => {
        const log = this.#channels.find(channel);
        log?.moveDue(transaction);
        return log;
      },
    });
  }

  groupsNamed(group: string): number[] {
    return groupsNamed(this.db, this.#context.namespace, group);
  }

  async redrive(group: string, ids: readonly string[]): Promise<number> {
    return await this.#inChunks("redriving", ids, (transaction, chunk) => {
      const groups = this.#logsOfGroups(group);
      return chunk.filter((id) => redriveRecord(this.db, transaction, groups, id)).length;
    });
  }

  async purge(group: string, ids: readonly string[]): Promise<number> {
    return await this.#inChunks("purging", ids, (_transaction, chunk) => {
      const groups = this.groupsNamed(group);
      return chunk.filter((id) => takeRecord(this.db, groups, id)).length;
    });
  }

  inspect(): GroupReport[] {
    return this.#channels.all().flatMap(({ name, log }) => inspectChannel(this.db, name, log));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#retention();
    // A subscribe that was under way may add one meanwhile.
    do {
      await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.close()));
      await this.#writer.drained();
    } while (this.#subscriptions.size > 0);
    this.#renewal();
    clearInterval(this.#poll);
    this.#wake.close();
    if (this.#settings.database) this.db.forget();
    else closeConnection(this.db);
  }

  #committed(channels: ReadonlySet<number>): void {
    this.#wake.send();
    for (const subscription of this.#subscriptions) {
      if (channels.has(subscription.channelId)) subscription.wake();
    }
  }

  #wakeAll(): void {
    for (const subscription of this.#subscriptions) subscription.wake();
  }

  #logsOfGroups(group: string): Map<number, ChannelLog> {
    const wanted = new Set(this.groupsNamed(group));
    const rows = this.db.all<{ id: number; channel: number }>(
      "SELECT id, channel FROM mw_groups WHERE id IN (SELECT value FROM json_each(?))",
      JSON.stringify([...wanted]),
    );
    const logs = new Map(this.#channels.all().map(({ log }) => [log.id, log]));
    const pairs = rows.map(({ id, channel }) => [id, logs.get(channel)] as const);
    return new Map(pairs.filter((pair): pair is readonly [number, ChannelLog] => pair[1] !== undefined));
  }

  async #inChunks(
    doing: string,
    ids: readonly string[],
    run: (transaction: Transaction, chunk: readonly string[]) => number,
  ): Promise<number> {
    let done = 0;
    for (let start = 0; start < ids.length; start += recordsAtOnce) {
      const chunk = ids.slice(start, start + recordsAtOnce);
      done += await this.#writer.submit({
        doing,
        rows: chunk.length,
        run: (transaction) => run(transaction, chunk),
      });
    }
    return done;
  }

  #renewLater(): void {
    this.#renewal = this.#context.clock.after(this.#settings.leaseMs / 3, () => {
      if (this.#subscriptions.size > 0) this.#renew();
      this.#renewLater();
    });
  }

  /** At once, not behind a queue: a lease must not end because there is much to write. */
  #renew(): void {
    const subscriptions = [...this.#subscriptions];
    const renewed = this.#writer.urgent({
      doing: "renewing leases",
      rows: subscriptions.length,
      run: (transaction) => subscriptions.filter((subscription) => !subscription.renew(transaction)),
      committed: (lost) => {
        for (const subscription of lost) subscription.lost();
      },
    });
    renewed.catch((error: unknown) => this.#context.logger.warn({ err: error }, "leases were not renewed"));
  }

  #retainLater(): void {
    this.#retention = this.#context.clock.after(this.#settings.retention.intervalMs, () => {
      const done = this.#retain().catch((error: unknown) =>
        this.#context.logger.warn({ err: error }, "retention did not finish"),
      );
      void done.then(() => this.#closed || this.#retainLater());
    });
  }

  async #retain(): Promise<void> {
    for (const { log } of this.#channels.all()) {
      for (let more = true; more && !this.#closed; ) {
        more = await this.#writer.submit({
          doing: "removing old messages",
          rows: 500,
          run: (transaction) => removeChunk(this.db, transaction, log, this.#settings.retention),
        });
      }
    }
  }
}

function appendOrSchedule(
  log: ChannelLog,
  transaction: Transaction,
  messages: readonly WireMessage[],
  values: readonly MessageValues[],
): void {
  const now: MessageValues[] = [];
  for (const [index, value] of values.entries()) {
    const due = messages[index]?.deliverAt ?? 0;
    if (due > transaction.now) log.schedule(value, due);
    else now.push(value);
  }
  log.append(transaction, now);
}

/** The file that other processes can open too; undefined for a database in memory. */
function fileOf({ path, database }: Settings): string | undefined {
  if (database) return database.location?.() ?? undefined;
  return path === ":memory:" ? undefined : path;
}
