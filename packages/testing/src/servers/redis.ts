import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { attachedServer } from "./attached.js";
import { findProgram, type Program } from "./binary.js";
import { findServer } from "./found.js";
import { openGuard } from "./guard.js";
import { ownedServer } from "./owned.js";
import { freePort } from "./ports.js";
import { type RespReply, respCommand } from "./resp.js";
import type { Server } from "./server.js";

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

export interface RedisServer extends Server {
  /**
   * Sends one command on a connection of its own.
   *
   * @throws Error with Redis's own words when it refuses
   * @example await server.command("CONFIG", "SET", "maxmemory", "20mb");
   */
  command(...words: readonly string[]): Promise<RespReply>;
}

export const redis: Program = {
  id: "redis",
  name: "Redis",
  file: "redis-server",
  folders: [],
  debian: "redis-server",
  binaryVariable: "MESHWRIGHT_REDIS_BINARY",
  urlVariable: "MESHWRIGHT_REDIS_URL",
  defaultPort: 6379,
};

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
  return found === undefined ? startRedis(options) : withCommand(await attachedServer(found));
}

async function startRedis(options: RedisServerOptions): Promise<RedisServer> {
  const command = await findProgram(redis, options.binary);
  const folder = await mkdtemp(join(tmpdir(), "meshwright-redis-"));
  const port = await freePort();
  const file = join(folder, "redis.conf");
  await writeFile(file, `${configuration(options, port, folder).join("\n")}\n`);
  const login = options.password === undefined ? "" : `:${encodeURIComponent(options.password)}@`;
  const url = `redis://${login}127.0.0.1:${port}`;
  const server = await ownedServer({
    name: `${redis.name} on port ${port}`,
    url,
    port,
    folder,
    command,
    args: [file],
    guard: openGuard(folder),
    ready: () => answersPing(url),
    startMs: 30_000,
  });
  return withCommand(server);
}

function configuration(options: RedisServerOptions, port: number, folder: string): string[] {
  const { password, appendfsync = "always", config = [] } = options;
  return [
    `port ${port}`,
    "bind 127.0.0.1",
    `dir ${folder}`,
    'save ""',
    "appendonly yes",
    `appendfsync ${appendfsync}`,
    ...(password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`]),
    ...config,
  ];
}

function withCommand(server: Server): RedisServer {
  return Object.assign(server, { command: (...words: readonly string[]) => send(server.url, words) });
}

/** False also while it loads its data. */
async function answersPing(url: string): Promise<boolean> {
  return send(url, ["PING"]).then(
    (reply) => reply === "PONG",
    () => false,
  );
}

function send(url: string, command: readonly string[]): Promise<RespReply> {
  const { hostname: host, port, username, password } = new URL(url);
  const login = password === "" ? undefined : decodeURIComponent(password);
  return respCommand({ host, port: Number(port || redis.defaultPort), username, password: login }, command);
}
