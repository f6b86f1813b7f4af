/**
 * Opening connections. All have in common that ioredis neither queues nor sends again by itself: a command that was under
 * way when the connection broke rejects, and one that is given while there is none rejects at once. Reconnecting is ioredis's.
 */
import { Cluster, type ClusterOptions, Redis, type RedisOptions } from "ioredis";
import { brokerError, formatDiffers, versionTooOld } from "./errors.js";
import type { Settings, Target } from "./options.js";
import type { Client } from "./script.js";

/** The version of what is stored, under a key of the database. */
const storageFormat = 1;
const formatKey = "mw:format";
const longestRetryMs = 1_000;

export interface ConnectionOptions {
  /** What `CLIENT LIST` shows. */
  readonly name: string;
  /** How long a command may go unanswered before the connection is dropped and opened anew. */
  readonly silenceMs: number;
}

/** A connection that is not connected yet. */
export function createClient(target: Target, options: ConnectionOptions): Client {
  const client = build(target, options);
  // What fails is seen by whoever sent a command; without a listener ioredis would print it.
  client.on("error", () => undefined);
  return client;
}

function build(target: Target, options: ConnectionOptions): Client {
  const own = ownOptions(options);
  if (target.kind === "cluster") return new Cluster([...target.nodes], clusterOptions(target.options, own));
  if (target.kind === "client") {
    const { client } = target;
    if (client instanceof Cluster) return client.duplicate([], clusterOptions(client.options, own));
    return (client as Redis).duplicate({ ...own, enableOfflineQueue: false, retryStrategy });
  }
  const all: RedisOptions = { ...target.options, ...own, enableOfflineQueue: false, retryStrategy };
  return target.url === undefined ? new Redis(all) : new Redis(target.url, all);
}

/** What holds for one server and for each node of a cluster. */
function ownOptions({ name, silenceMs }: ConnectionOptions): NodeOptions {
  return {
    protocol: 2,
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

type NodeOptions = NonNullable<ClusterOptions["redisOptions"]>;

function clusterOptions(given: ClusterOptions, own: NodeOptions): ClusterOptions {
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

/** Connects, and checks that this is a server that can be used. Leaves no connection behind when it cannot. */
export async function openClient(settings: Settings, options: ConnectionOptions): Promise<Client> {
  const client = createClient(settings.target, options);
  let cause: unknown;
  client.on("error", (error: unknown) => {
    cause ??= error;
  });
  try {
    await client.connect();
    await checkServer(client);
    return client;
  } catch (error) {
    client.disconnect();
    throw brokerError(cause ?? error, "connecting");
  }
}

async function checkServer(client: Client): Promise<void> {
  const version = /redis_version:(\d+)\.(\d+)\S*/.exec(String(await client.call("INFO", "server")));
  if (version) {
    const [text, major = "0", minor = "0"] = version;
    if (Number(major) * 100 + Number(minor) < 602) throw versionTooOld(text.slice(text.indexOf(":") + 1));
  }
  const format = await client.get(formatKey);
  if (format === null) await client.set(formatKey, storageFormat, "NX");
  else if (format !== String(storageFormat)) throw formatDiffers(format, storageFormat);
}
