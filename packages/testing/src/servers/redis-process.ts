import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram, type Program } from "./binary.js";
import { openGuard } from "./guard.js";
import { ownedServer } from "./owned.js";
import { freePort } from "./ports.js";
import { type RespReply, respCommand } from "./resp.js";
import type { Server } from "./server.js";

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

/** What a Redis process is started with. */
export interface RedisSettings {
  /** Lines of its configuration, besides where it listens and where its data is. */
  readonly lines: readonly string[];
  readonly password?: string | undefined;
  /** Path of redis-server, where the caller knows it. */
  readonly binary?: string | undefined;
  /** Makes it a sentinel. */
  readonly sentinel?: boolean;
}

/** Starts a Redis process: a server, a node of a cluster, or a sentinel. */
export async function startRedis(settings: RedisSettings): Promise<RedisServer> {
  const { lines, password, binary, sentinel = false } = settings;
  const command = await findProgram(redis, binary);
  const folder = await mkdtemp(join(tmpdir(), "meshwright-redis-"));
  const port = await freePort();
  const file = join(folder, "redis.conf");
  const secret = password === undefined ? [] : [`requirepass ${JSON.stringify(password)}`];
  const all = [`port ${port}`, "bind 127.0.0.1", `dir ${folder}`, ...secret, ...lines];
  await writeFile(file, `${all.join("\n")}\n`);
  const login = password === undefined ? "" : `:${encodeURIComponent(password)}@`;
  const url = `redis://${login}127.0.0.1:${port}`;
  const server = await ownedServer({
    name: `${sentinel ? "Redis Sentinel" : redis.name} on port ${port}`,
    url,
    port,
    folder,
    command,
    args: [file, ...(sentinel ? ["--sentinel"] : [])],
    guard: openGuard(folder),
    ready: () => answersPing(url),
    startMs: 30_000,
  });
  return withCommand(server);
}

export function withCommand(server: Server): RedisServer {
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
