/** One open connection to Redis for one namespace: what a broker does between `open` and `close`. */
import {
  type BrokerContext,
  type Cancel,
  type DeadLetterRecord,
  type GroupReport,
  type HistoryEntry,
  type HistoryRequest,
  refusals,
  type SubscriptionRequest,
  type WireMessage,
} from "@meshwright/core/adapter";
import { Channels } from "./channels.js";
import { Connection } from "./connection.js";
import { brokerError, connectionLost } from "./errors.js";
import { readHistory } from "./history.js";
import { rootKey, unescaped } from "./keys.js";
import type { Settings } from "./options.js";
import { checkReading, checkWaiting } from "./rights.js";
import { inspectGroup } from "./scripts/inspect.js";
import { removeOld } from "./scripts/retain.js";
import { listShelf, purgeFrom, redriveFrom, type ShelfParts } from "./shelf.js";
import { RedisSubscription } from "./subscription.js";

export class Session {
  readonly #settings: Settings;
  readonly #context: BrokerContext;
  readonly #connection: Connection;
  readonly #publishing: Connection;
  readonly #channels: Channels;
  readonly #subscriptions: Set<RedisSubscription> = new Set();
  #retention: Cancel = () => undefined;
  #connected = true;
  #closed = false;

  static async open(settings: Settings, context: BrokerContext): Promise<Session> {
    const options = {
      name: `meshwright:${context.service.replace(/[^\w.-]/g, "-")}`,
      silenceMs: settings.timeoutMs,
    };
    const connection = new Connection(settings.target, options);
    const publishing = new Connection(settings.target, options);
    try {
      await connection.open();
      await publishing.open();
      if (settings.minReplicas > 0) await checkWaiting(publishing);
    } catch (error) {
      connection.close();
      publishing.close();
      throw error;
    }
    return new Session({ settings, context, connection, publishing });
  }

  private constructor(parts: {
    readonly settings: Settings;
    readonly context: BrokerContext;
    readonly connection: Connection;
    readonly publishing: Connection;
  }) {
    this.#settings = parts.settings;
    this.#context = parts.context;
    this.#connection = parts.connection;
    this.#publishing = parts.publishing;
    this.#channels = new Channels(parts);
    this.#watch();
    this.#retainLater();
  }

  publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    return this.#channels.use(channel).publisher.publish(messages);
  }

  async subscribe(request: SubscriptionRequest): Promise<RedisSubscription> {
    if (!Number.isInteger(request.prefetch) || request.prefetch < 1) {
      throw refusals.prefetchInvalid(request.prefetch);
    }
    const { leaseMs, partitions, timeoutMs, target } = this.#settings;
    const { root, register } = this.#channels.use(request.channel);
    const subscription = new RedisSubscription({
      connection: this.#connection,
      context: this.#context,
      root,
      request,
      leaseMs: (leaseMs * 2) / 3,
      partitions,
      timeoutMs,
      register,
      createReader: (silenceMs) =>
        new Connection(target, {
          name: `${connectionName(this.#context)}:read`,
          silenceMs,
        }),
      closed: (ended) => this.#subscriptions.delete(ended),
    });
    this.#subscriptions.add(subscription);
    try {
      await checkReading(this.#connection, root);
      await subscription.start();
    } catch (error) {
      this.#subscriptions.delete(subscription);
      throw this.#closed ? refusals.closed() : brokerError(error, "subscribing");
    }
    return subscription;
  }

  history(request: HistoryRequest): AsyncGenerator<readonly HistoryEntry[]> {
    return readHistory(this.#connection, rootKey(this.#context.namespace, request.channel), request);
  }

  deadLetters(group: string): AsyncGenerator<readonly DeadLetterRecord[]> {
    return listShelf(this.#shelf, group);
  }

  redrive(group: string, ids: readonly string[]): Promise<number> {
    return redriveFrom(this.#shelf, group, ids);
  }

  purge(group: string, ids: readonly string[]): Promise<number> {
    return purgeFrom(this.#shelf, group, ids);
  }

  async inspect(): Promise<GroupReport[]> {
    const channels = await this.#channels.all();
    return (await Promise.all(channels.map((channel) => this.#inspectChannel(channel)))).flat();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#retention();
    try {
      // A subscribe that was under way may add one meanwhile.
      do {
        await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.close()));
        await this.#channels.close();
      } while (this.#subscriptions.size > 0);
    } finally {
      this.#connection.close();
      this.#publishing.close();
    }
  }

  get #shelf(): ShelfParts {
    return { connection: this.#connection, namespace: this.#context.namespace, channels: this.#channels };
  }

  async #inspectChannel(channel: string): Promise<GroupReport[]> {
    const root = rootKey(this.#context.namespace, channel);
    const pairs = (await this.#connection.call("HGETALL", [`${root}:groups`])) as string[];
    const groups = pairs.flatMap((group, at) =>
      at % 2 === 0 ? [[group, pairs[at + 1] ?? ""] as const] : [],
    );
    const reports = groups.map(async ([group, ordering]): Promise<GroupReport> => {
      const [lag, inFlight, delayed, deadLetters, oldestAt] = await inspectGroup(this.#connection, root, [
        group,
        ordering,
      ]);
      const oldestUnsettledAt = oldestAt < 0 ? undefined : oldestAt;
      return { channel, group: unescaped(group), lag, inFlight, delayed, deadLetters, oldestUnsettledAt };
    });
    return await Promise.all(reports);
  }

  /** Tells the mesh of the connection. */
  #watch(): void {
    const { report } = this.#context;
    const lost = (): void => {
      if (!this.#connected || this.#closed) return;
      this.#connected = false;
      report({ kind: "disconnected", cause: connectionLost() });
    };
    const back = (): void => {
      if (this.#connected) return;
      this.#connected = true;
      report({ kind: "connected" });
    };
    this.#connection.watch(lost, back);
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
    for (const { root } of this.#channels.used()) {
      for (let more = true; more && !this.#closed; ) {
        more = await removeOld(this.#connection, root, this.#settings.retention);
      }
    }
  }
}

/** What `CLIENT LIST` shows; it takes no blanks. */
function connectionName({ service }: BrokerContext): string {
  return `meshwright:${service.replace(/[^\w.-]/g, "-")}`;
}
