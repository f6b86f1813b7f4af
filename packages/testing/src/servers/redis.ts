import { attachedServer } from "./attached.js";
import { findServer } from "./found.js";
import { type RedisServer, redis, startRedis, withCommand } from "./redis-process.js";

export interface RedisServerOptions {
  /** Password of the default user; default none. */
  readonly password?: string;
  /**
   * When writes reach the disk. Default "always": what was confirmed survives `kill`. With "everysec", Redis holds writes
   * back for up to two seconds while an earlier sync is under way. "no" survives `kill`, but no power cut.
   */
  readonly appendfsync?: "always" | "everysec" | "no";
  /** Further lines of redis.conf, which win over the ones above: `["maxmemory 20mb"]`. */
  readonly config?: readonly string[];
  /** Use the one that all tests of the run share, see `shareServers`; default false. Alone, without other options. */
  readonly shared?: boolean;
  /** Path of redis-server; default that of MESHWRIGHT_REDIS_BINARY, else the one on PATH. */
  readonly binary?: string;
}

/**
 * A Redis to test with: the one MESHWRIGHT_REDIS_URL names, else one of its own, with its data in an append-only file.
 * Any option but `shared` asks for one of its own.
 *
 * @throws MeshError `SERVER_MISSING`, `SERVER_NOT_STARTED`, `SERVER_UNREACHABLE`
 * @throws ConfigurationError `SERVER_OPTIONS_INVALID`
 * @example
 * await using server = await redisServer();
 * const broker = redisBroker({ url: server.url });
 * await server.kill();
 * await server.start();
 */
export async function redisServer(options: RedisServerOptions = {}): Promise<RedisServer> {
  const found = await findServer(redis, options);
  if (found !== undefined) return withCommand(await attachedServer(found));
  const { appendfsync = "always", config = [], password, binary } = options;
  const lines = ['save ""', "appendonly yes", `appendfsync ${appendfsync}`, ...config];
  return startRedis({ lines, password, binary });
}
