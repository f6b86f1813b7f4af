/** The channels this connection uses: made known to the namespace, each with its publisher and its delayed messages. */
import type { BrokerContext, Cancel } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { channelsKey, rootKey } from "./keys.js";
import type { Settings } from "./options.js";
import { Publisher } from "./publisher.js";
import { matureDelayed } from "./scripts/mature.js";

export interface Channel {
  readonly name: string;
  readonly root: string;
  readonly publisher: Publisher;
  /** Makes it known to the namespace; `again` after the server has lost its data. */
  register(again: boolean): Promise<void>;
}

export interface ChannelsParts {
  readonly settings: Settings;
  readonly context: BrokerContext;
  /** For everything but publishing. */
  readonly connection: Connection;
  readonly publishing: Connection;
}

/** How long to wait before looking again, where moving delayed messages failed. */
const againMs = 1_000;

export class Channels {
  readonly #parts: ChannelsParts;
  readonly #used: Map<string, Channel> = new Map();
  readonly #timers: Map<string, { readonly at: number; readonly cancel: Cancel }> = new Map();
  #closed = false;

  constructor(parts: ChannelsParts) {
    this.#parts = parts;
  }

  /** A channel to publish to or to subscribe. */
  use(name: string): Channel {
    const used = this.#used.get(name) ?? this.#create(name);
    this.#used.set(name, used);
    return used;
  }

  /** Those this connection has used. */
  used(): readonly Channel[] {
    return [...this.#used.values()];
  }

  /** The names of all channels of the namespace. */
  async all(): Promise<readonly string[]> {
    const { connection, context } = this.#parts;
    return (await connection.call("SMEMBERS", [channelsKey(context.namespace)])) as string[];
  }

  /** Waits for what is being published, then forgets the timers. */
  async close(): Promise<void> {
    await Promise.all(this.used().map((channel) => channel.publisher.drained()));
    this.#closed = true;
    for (const { cancel } of this.#timers.values()) cancel();
  }

  #create(name: string): Channel {
    const { settings, context, connection, publishing } = this.#parts;
    const root = rootKey(context.namespace, name);
    let registered: Promise<unknown> | undefined;
    const register = async (again: boolean): Promise<void> => {
      if (again) registered = undefined;
      registered ??= connection.call("SADD", [channelsKey(context.namespace), name]);
      await registered.catch((error: unknown) => {
        registered = undefined;
        throw error;
      });
    };
    const publisher = new Publisher({
      connection: publishing,
      channel: name,
      root,
      partitions: settings.partitions,
      minReplicas: settings.minReplicas,
      timeoutMs: settings.timeoutMs,
      register,
      delayed: (inMs) => this.#matureLater(root, inMs),
    });
    return { name, root, publisher, register };
  }

  /** Members of groups look for delayed messages as well; this is the quickest. */
  #matureLater(root: string, inMs: number): void {
    const { clock } = this.#parts.context;
    const at = clock.now() + inMs;
    const timer = this.#timers.get(root);
    if (this.#closed || (timer && timer.at <= at)) return;
    timer?.cancel();
    const cancel = clock.after(inMs, () => void this.#mature(root));
    this.#timers.set(root, { at, cancel });
  }

  async #mature(root: string): Promise<void> {
    this.#timers.delete(root);
    const nextMs = await matureDelayed(this.#parts.connection, root).catch(() => againMs);
    if (nextMs >= 0) this.#matureLater(root, nextMs);
  }
}
