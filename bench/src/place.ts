/** Where a run takes place, and what its server takes of the machine. From /proc: elsewhere than on Linux it is not known. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type RabbitmqServer, type RedisServer, rabbitmqServer, redisServer } from "@meshwright/testing";

export interface Place extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
}

type Fsync = "always" | "everysec";

/** A Redis of one's own. A rewrite of its log in the middle of a run would be that run's alone, so there is none. */
export async function redisPlace(appendfsync: Fsync): Promise<Place> {
  const server = await redisServer({ appendfsync, config: ["auto-aof-rewrite-percentage 0"] });
  return placeOf(server, await redisPid(server));
}

/** A RabbitMQ of one's own; stating a default asks for that. */
export async function rabbitmqPlace(): Promise<Place & Pick<RabbitmqServer, "ctl">> {
  const server = await rabbitmqServer({ config: ["heartbeat = 60"] });
  const pid = Number(readFileSync(join(server.folder ?? "", "pid"), "utf8"));
  return { ...placeOf(server, pid), ctl: server.ctl };
}

function placeOf(server: RedisServer | RabbitmqServer, pid: number): Place {
  const { url, port } = server;
  return { url, port, pid, [Symbol.asyncDispose]: () => server.close() };
}

async function redisPid(server: RedisServer): Promise<number> {
  return Number(/process_id:(\d+)/.exec(String(await server.command("INFO", "server")))?.[1]);
}

const ticksPerSecond = 100;

/** What a process has taken of the processor so far, in milliseconds. */
export function cpuMsOf(pid: number): number {
  // The name of the program, in parentheses, may have blanks.
  const fields = procFile(`${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  return ((Number(fields[11]) + Number(fields[12])) / ticksPerSecond) * 1_000;
}

/** Resident memory of a process in bytes. */
export function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(procFile(`${pid}/status`))?.[1]) * 1_024;
}

/** How many connections a server on that port has from this machine. */
export function connectionsTo(port: number): number {
  const remote = new RegExp(
    `^\\s*\\d+: \\S+ [0-9A-F]+:${port.toString(16).toUpperCase().padStart(4, "0")} 01 `,
    "gm",
  );
  return (procFile("net/tcp").match(remote)?.length ?? 0) + (procFile("net/tcp6").match(remote)?.length ?? 0);
}

function procFile(path: string): string {
  try {
    return readFileSync(`/proc/${path}`, "utf8");
  } catch {
    return "";
  }
}
