import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { attachedServer } from "./attached.js";
import { findProgram, type Program } from "./binary.js";
import { findServer } from "./found.js";
import { openGuard } from "./guard.js";
import { ownedServer } from "./owned.js";
import { freePort } from "./ports.js";
import type { Server } from "./server.js";
import { askHolder } from "./shared.js";
import { runTool } from "./tool.js";

export interface RabbitmqServerOptions {
  /** Further lines of rabbitmq.conf: `["vm_memory_high_watermark.relative = 0.1"]`. */
  readonly config?: readonly string[];
  /** Use the one that all tests of the run share, see `shareServers`; default false. Alone, without other options. */
  readonly shared?: boolean;
  /** Path of rabbitmq-server; default that of MESHWRIGHT_RABBITMQ_BINARY, else the known places, else PATH. */
  readonly binary?: string;
}

export interface RabbitmqServer extends Server {
  /**
   * Runs rabbitmqctl on it; takes a second or two.
   *
   * @returns what it printed
   * @throws MeshError `SERVER_CONTROL_FAILED` with what rabbitmqctl said; `SERVER_NOT_OWNED`
   * @example await server.ctl("list_queues", "name", "messages", "--silent");
   * @example await server.ctl("set_vm_memory_high_watermark", "0");
   */
  ctl(...args: readonly string[]): Promise<string>;
}

export const rabbitmq: Program = {
  id: "rabbitmq",
  name: "RabbitMQ",
  file: "rabbitmq-server",
  // Before PATH: the wrapper that Debian puts there changes the user, and knows only the system's own server.
  folders: ["/usr/lib/rabbitmq/bin", "/opt/rabbitmq/sbin"],
  debian: "rabbitmq-server",
  binaryVariable: "MESHWRIGHT_RABBITMQ_BINARY",
  urlVariable: "MESHWRIGHT_RABBITMQ_URL",
  defaultPort: 5672,
};

/**
 * A RabbitMQ to test with: the one MESHWRIGHT_RABBITMQ_URL names, else one of its own, which takes some seconds to start.
 * Any option but `shared` asks for one of its own.
 *
 * @throws MeshError `SERVER_MISSING`, `SERVER_NOT_STARTED`, `SERVER_UNREACHABLE`
 * @throws ConfigurationError `SERVER_OPTIONS_INVALID`
 * @example
 * await using server = await rabbitmqServer();
 * const broker = rabbitBroker({ url: server.url });
 * await server.restart();
 */
export async function rabbitmqServer(options: RabbitmqServerOptions = {}): Promise<RabbitmqServer> {
  const found = await findServer(rabbitmq, options);
  if (found === undefined) return startRabbitmq(options);
  const ctl = async (...args: readonly string[]): Promise<string> => {
    const said = await askHolder("rabbitmq/ctl", args);
    if (said !== undefined) return said;
    throw new MeshError("SERVER_NOT_OWNED", "rabbitmqctl works on a server of one's own only.");
  };
  return Object.assign(await attachedServer(found), { ctl });
}

async function startRabbitmq(options: RabbitmqServerOptions): Promise<RabbitmqServer> {
  const command = await findProgram(rabbitmq, options.binary);
  const folder = await mkdtemp(join(tmpdir(), "meshwright-rabbitmq-"));
  const node = { folder, port: await freePort(), distPort: await freePort(), epmdPort: await freePort() };
  const password = randomBytes(12).toString("hex");
  await writeFiles(node, password, options.config ?? []);
  const env = environment(node);
  const guard = openGuard(folder);
  const epmd = await startEpmd(node);
  guard.watch([epmd]);
  const server = await ownedServer({
    name: `${rabbitmq.name} on port ${node.port}`,
    url: `amqp://test:${password}@127.0.0.1:${node.port}`,
    port: node.port,
    folder,
    command,
    args: [],
    env,
    guard,
    helpers: [epmd],
    ready: () => answersAmqp(node.port),
    startMs: 60_000,
  });
  const control = join(dirname(command), "rabbitmqctl");
  return Object.assign(server, {
    ctl: (...args: readonly string[]) =>
      runTool({
        what: `rabbitmqctl ${args[0]}`,
        command: control,
        args: ["-n", nodeName(node), ...args],
        env,
      }),
  });
}

interface Node {
  readonly folder: string;
  readonly port: number;
  readonly distPort: number;
  readonly epmdPort: number;
}

function nodeName({ port }: Node): string {
  return `test-${port}@localhost`;
}

async function writeFiles(
  { folder, port }: Node,
  password: string,
  config: readonly string[],
): Promise<void> {
  const lines = [
    `listeners.tcp.1 = 127.0.0.1:${port}`,
    "default_user = test",
    `default_pass = ${password}`,
    "log.console = true",
    "log.console.level = warning",
    "log.file = false",
    ...config,
  ];
  await writeFile(join(folder, "rabbitmq.conf"), `${lines.join("\n")}\n`);
  await writeFile(join(folder, "enabled_plugins"), "[].\n");
  await writeFile(join(folder, ".erlang.cookie"), randomBytes(12).toString("hex"), { mode: 0o400 });
}

function environment(node: Node): Record<string, string> {
  const { folder, distPort, epmdPort } = node;
  return {
    // Erlang's cookie lies in the home folder.
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: "127.0.0.1",
    RABBITMQ_NODENAME: nodeName(node),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_CONFIG_FILE: join(folder, "rabbitmq.conf"),
    RABBITMQ_CONF_ENV_FILE: join(folder, "no-such-file"),
    RABBITMQ_MNESIA_BASE: join(folder, "data"),
    RABBITMQ_LOG_BASE: join(folder, "log"),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "enabled_plugins"),
    RABBITMQ_FEATURE_FLAGS_FILE: join(folder, "feature_flags"),
    RABBITMQ_PLUGINS_EXPAND_DIR: join(folder, "plugins"),
    RABBITMQ_PID_FILE: join(folder, "pid"),
    // A rabbitmqctl that outlives its server would leave one where the tests run.
    ERL_CRASH_DUMP: join(folder, "erl_crash.dump"),
    RABBITMQ_GENERATED_CONFIG_DIR: join(folder, "generated"),
    // Two schedulers that sleep when there is nothing to do: a test server shares its machine.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
      "+S 2:2 +SDio 4 +sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    // The script then becomes the server, so that signals reach it, in place of waiting for it.
    RUNNING_UNDER_SYSTEMD: "true",
  };
}

/** Erlang's register of nodes, one of our own. The server would start one that outlives it. */
async function startEpmd({ epmdPort, folder }: Node): Promise<number> {
  const child = spawn("epmd", ["-address", "127.0.0.1", "-port", String(epmdPort)], {
    cwd: folder,
    stdio: "ignore",
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) =>
      reject(new MeshError("SERVER_NOT_STARTED", "Erlang's epmd is not on PATH; install Erlang.", { cause })),
    );
  });
  child.unref();
  return child.pid ?? 0;
}

/** Says hello as a client does; the server's answer is a frame, or its own version. */
function answersAmqp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, timeout: 2_000 });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => socket.write(Buffer.from("AMQP\x00\x00\x09\x01", "latin1")));
    socket.once("data", () => done(true));
    socket.once("timeout", () => done(false));
    socket.once("error", () => done(false));
    socket.once("close", () => done(false));
  });
}
