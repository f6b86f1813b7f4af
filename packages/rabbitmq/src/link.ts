/** One supervised connection: opened, and opened again with growing pauses when it is lost, until it is closed. */
import type { Cancel, Clock, Logger } from "@meshwright/core/adapter";
import { type Channel, type ChannelModel, type ConfirmChannel, connect } from "amqplib";
import { brokerError, connectionLost } from "./errors.js";
import type { Settings } from "./options.js";

export interface LinkOptions {
  readonly settings: Settings;
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

const firstPauseMs = 50;
const longestPauseMs = 2_000;
/** What servers allow where nobody says otherwise. */
const usualChannels = 2_047;
/** So many bytes are written at once. */
const mostGathered = 256 * 1024;

export class Link {
  readonly #options: LinkOptions;
  #model: ChannelModel | undefined;
  #closed = false;
  #blocked = false;
  #pauseMs = firstPauseMs;
  #pause: Cancel = () => undefined;
  #pausing = false;
  #waiting: ((error?: Error) => void)[] = [];
  readonly #listeners: Set<(state: "up" | "down" | "flow", cause?: unknown) => void> = new Set();

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Whether the server has stopped reading from this connection, for want of memory or disk. */
  get blocked(): boolean {
    return this.#blocked;
  }

  get up(): boolean {
    return this.#model !== undefined;
  }

  /** The first connection; rejects with the reason when there is none. */
  async open(): Promise<void> {
    try {
      this.#use(await this.#connect());
    } catch (error) {
      this.#closed = true;
      throw brokerError(error, "connecting");
    }
  }

  /** The same, as often as it takes. */
  start(): void {
    void this.#again();
  }

  /** How many channels it may have at a time. */
  get mostChannels(): number {
    return this.#model === undefined ? usualChannels : channelsOf(this.#model);
  }

  watch(listener: (state: "up" | "down" | "flow", cause?: unknown) => void): Cancel {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The connection, or waits for it for up to `timeout`. */
  async model(): Promise<ChannelModel> {
    if (this.#model) return this.#model;
    if (this.#closed) throw connectionLost();
    const { clock, settings } = this.#options;
    await new Promise<void>((resolve, reject) => {
      const done = (error?: Error): void => {
        cancel();
        if (error) reject(error);
        else resolve();
      };
      const cancel = clock.after(settings.timeoutMs, () => {
        this.#waiting = this.#waiting.filter((one) => one !== done);
        reject(connectionLost());
      });
      this.#waiting.push(done);
    });
    return this.#model ?? this.model();
  }

  /** Tries again now, if it waits to: another connection to the same server is there. */
  nudge(): void {
    if (!this.#pausing) return;
    this.#pause();
    this.#pauseMs = firstPauseMs;
    void this.#again();
  }

  async channel(): Promise<Channel> {
    const channel = await (await this.model()).createChannel();
    channel.on("error", () => undefined);
    return channel;
  }

  async confirmChannel(): Promise<ConfirmChannel> {
    const channel = await (await this.model()).createConfirmChannel();
    channel.on("error", () => undefined);
    return channel;
  }

  /** Does something on a channel of its own, since an error ends a channel. */
  async once<T>(work: (channel: Channel) => Promise<T>): Promise<T> {
    const channel = await this.channel();
    try {
      return await work(channel);
    } finally {
      void channel.close().catch(() => undefined);
    }
  }

  /** Says goodbye, and does not wait for an answer for longer than `timeout`. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#pause();
    for (const done of this.#waiting.splice(0)) done(connectionLost());
    const model = this.#model;
    this.#model = undefined;
    if (!model) return;
    const { clock, settings } = this.#options;
    await new Promise<void>((resolve) => {
      const cancel = clock.after(settings.timeoutMs, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      try {
        model.close().then(done, done);
      } catch {
        done();
      }
    });
    destroy(model);
  }

  async #connect(): Promise<ChannelModel> {
    const { settings, name } = this.#options;
    if (settings.target.kind === "factory") return settings.target.connect();
    const { server, socket } = settings.target;
    const options = {
      noDelay: true,
      writableHighWaterMark: mostGathered,
      timeout: settings.timeoutMs,
      ...socket,
      clientProperties: { connection_name: name },
    };
    return connect(withHeartbeat(server, settings.heartbeatSeconds), options);
  }

  #use(model: ChannelModel): void {
    if (this.#closed) {
      void model.close().catch(() => undefined);
      return;
    }
    gatherWrites(model);
    let cause: unknown;
    model.on("error", (error) => {
      cause = error;
    });
    model.on("close", () => this.#lost(model, cause));
    model.on("blocked", (reason: string) => this.#flow(true, reason));
    model.on("unblocked", () => this.#flow(false));
    this.#model = model;
    this.#blocked = false;
    this.#pauseMs = firstPauseMs;
    this.#tell("up");
    for (const done of this.#waiting.splice(0)) done();
  }

  #lost(model: ChannelModel, cause: unknown): void {
    destroy(model);
    if (this.#model !== model) return;
    this.#model = undefined;
    if (this.#closed) return;
    this.#tell("down", cause);
    void this.#again();
  }

  async #again(): Promise<void> {
    if (this.#closed) return;
    try {
      this.#use(await this.#connect());
    } catch (error) {
      const { clock, logger } = this.#options;
      logger.debug({ err: brokerError(error, "connecting") }, "RabbitMQ is not there yet");
      const pauseMs = this.#pauseMs * (0.75 + Math.random() / 2);
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
      if (this.#closed) return;
      const cancel = clock.after(pauseMs, () => {
        this.#pausing = false;
        void this.#again();
      });
      this.#pause = () => {
        cancel();
        this.#pausing = false;
      };
      this.#pausing = true;
    }
  }

  #flow(blocked: boolean, reason = ""): void {
    const { logger } = this.#options;
    this.#blocked = blocked;
    if (blocked)
      logger.warn(
        { reason },
        "RabbitMQ takes no messages for now: an alarm of memory or disk. Publishing waits",
      );
    else logger.info({}, "RabbitMQ takes messages again");
    this.#tell("flow");
  }

  #tell(state: "up" | "down" | "flow", cause?: unknown): void {
    for (const listener of [...this.#listeners]) listener(state, cause);
  }
}

/** Closes a channel. amqplib forgets who waits for the answer when the connection is lost meanwhile. */
export async function goodbye(channel: Channel): Promise<void> {
  const gone = new Promise<void>((resolve) => channel.once("close", resolve));
  try {
    await Promise.race([channel.close(), gone]);
  } catch {
    // It is gone already, which is what was wanted.
  }
}

function withHeartbeat(
  server: Extract<Settings["target"], { kind: "server" }>["server"],
  seconds: number,
): typeof server {
  if (typeof server !== "string") return { ...server, heartbeat: seconds };
  const url = new URL(server);
  url.searchParams.set("heartbeat", String(seconds));
  return url.href;
}

interface Socket {
  destroy(): void;
  cork(): void;
  uncork(): void;
  write(...args: readonly unknown[]): boolean;
}

function socketOf(model: ChannelModel): Socket | undefined {
  return (model as unknown as { connection: { stream?: Socket } }).connection.stream;
}

/** amqplib writes each message by itself. All that is written in a turn goes out as one, which spares both ends work. */
function gatherWrites(model: ChannelModel): void {
  const socket = socketOf(model);
  if (!socket?.cork) return;
  const write = socket.write.bind(socket);
  let gathering = false;
  socket.write = (...args) => {
    if (!gathering) {
      gathering = true;
      socket.cork();
      process.nextTick(() => {
        gathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
}

/** As the server has said. */
function channelsOf(model: ChannelModel): number {
  return (model as unknown as { connection: { channelMax?: number } }).connection.channelMax ?? usualChannels;
}

/** A goodbye on a dead connection would wait for ever, and keep the process alive. */
function destroy(model: ChannelModel): void {
  socketOf(model)?.destroy();
}
