/**
 * Connections. ioredis neither queues nor sends again by itself here: a command that was under way when the connection broke
 * rejects, since it may have been done. One that is given while there is no connection waits for it a while: it has not
 * been sent. Reconnecting is ioredis's.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { brokerError, formatDiffers, versionTooOld } from "./errors.js";
import type { Target } from "./options.js";

/** The version of what is stored, under a key of the database. */
const storageFormat = 1;
const formatKey = "mw:format";
const longestRetryMs = 1_000;

export type Argument = string | number;

export interface ConnectionOptions {
  /** What `CLIENT LIST` shows. */
  readonly name: string;
  /** How long a command may go unanswered before the connection is dropped and opened anew. */
  readonly silenceMs: number;
}

/** One server's connection, or those of a cluster. */
export class Connection {
  readonly #client: Redis | Cluster;
  readonly #patienceMs: number;
  /** Commands that wait for a connection; later ones queue behind them. */
  #waiting = 0;
  #coming: Promise<void> | undefined;

  constructor(target: Target, options: ConnectionOptions) {
    this.#client = build(target, options);
    this.#patienceMs = options.silenceMs;
    // What fails is seen by whoever sent a command; without a listener ioredis would print it.
    this.#client.on("error", () => undefined);
  }

  /** Sends a command. Those given while there is no connection are sent in order when there is one. */
  async call(command: string, args: readonly Argument[]): Promise<unknown> {
    if (!this.#isReady()) await this.#ready();
    return await this.#client.call(command, [...args]).catch(withoutCommand);
  }

  /** The same, with the reply as bytes. */
  async callForBytes(command: string, args: readonly Argument[]): Promise<unknown> {
    if (!this.#isReady()) await this.#ready();
    return await this.#client.callBuffer(command, [...args]).catch(withoutCommand);
  }

  /** Connects. Rejects with what went wrong, and then is closed. */
  async open(): Promise<void> {
    let cause: unknown;
    const note = (error: unknown): void => {
      cause ??= error;
    };
    this.#client.on("error", note);
    try {
      await this.#client.connect();
      await this.#check();
    } catch (error) {
      this.close();
      throw brokerError(withoutSecrets(cause ?? error), "connecting");
    } finally {
      this.#client.off("error", note);
    }
  }

  /** Tells of the connection's end, and of its being there again. */
  watch(lost: () => void, back: () => void): void {
    this.#client.on("close", lost);
    this.#client.on("ready", back);
  }

  close(): void {
    this.#client.disconnect();
  }

  #isReady(): boolean {
    return this.#client.status === "ready" && this.#waiting === 0;
  }

  async #ready(): Promise<void> {
    this.#waiting += 1;
    this.#coming ??= this.#untilReady();
    await this.#coming;
    this.#waiting -= 1;
  }

  /** Ends when there is a connection, or there will be none, or it has taken too long. */
  async #untilReady(): Promise<void> {
    const client = this.#client;
    if (client.status === "wait") client.connect().catch(() => undefined);
    if (client.status !== "end") {
      await new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          client.off("ready", done);
          client.off("end", done);
          resolve();
        };
        const timer = setTimeout(done, this.#patienceMs);
        client.on("ready", done);
        client.on("end", done);
      });
    }
    this.#coming = undefined;
  }

  async #check(): Promise<void> {
    const version = /redis_version:(\d+)\.(\d+)\S*/.exec(String(await this.call("INFO", ["server"])));
    if (version) {
      const [text, major = "0", minor = "0"] = version;
      if (Number(major) * 100 + Number(minor) < 602) throw versionTooOld(text.slice(text.indexOf(":") + 1));
    }
    await this.call("SET", [formatKey, storageFormat, "NX"]);
    const format = await this.call("GET", [formatKey]);
    if (format !== String(storageFormat)) throw formatDiffers(String(format), storageFormat);
  }
}

/** ioredis attaches the command with its arguments to an error: payloads, and on login the password. */
function withoutSecrets(error: unknown): unknown {
  if (error instanceof Error && "command" in error) Reflect.deleteProperty(error, "command");
  return error;
}

function withoutCommand(error: unknown): never {
  throw withoutSecrets(error);
}

function build(target: Target, options: ConnectionOptions): Redis | Cluster {
  const own = ownOptions(options);
  if (target.kind === "cluster") return new Cluster([...target.nodes], clusterOptions(target.options, own));
  if (target.kind === "client") {
    const { client } = target;
    // Not by `instanceof`: the caller's ioredis may be another copy of it.
    if (!client.isCluster)
      return (client as Redis).duplicate({ ...own, enableOfflineQueue: false, retryStrategy });
    return (client as Cluster).duplicate([], clusterOptions((client as Cluster).options, own));
  }
  const all = { ...target.options, ...own, enableOfflineQueue: false, retryStrategy };
  return target.url === undefined ? new Redis(all) : new Redis(target.url, all);
}

/** What holds for one server and for each node of a cluster. */
function ownOptions({ name, silenceMs }: ConnectionOptions): RedisOptions & { replyMapping: "legacy" } {
  return {
    protocol: 2,
    replyMapping: "legacy",
    lazyConnect: true,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectionName: name,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    // The primary has become a replica: find the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  };
}

function clusterOptions(given: ClusterOptions, own: ReturnType<typeof ownOptions>) {
  return {
    ...given,
    lazyConnect: true,
    enableOfflineQueue: false,
    // Else what was under way on a lost connection is sent again.
    retryDelayOnFailover: 0,
    redisOptions: { ...given.redisOptions, ...own },
  };
}

function retryStrategy(times: number): number {
  const delay = Math.min(20 * 2 ** Math.min(times, 10), longestRetryMs);
  return delay * (0.75 + Math.random() / 2);
}
