import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { faultProxy } from "../proxy/fault-proxy.js";
import { eventually } from "../waiting.js";
import { signalFamily } from "./family.js";
import type { Guard } from "./guard.js";
import type { Server } from "./server.js";
import type { User } from "./user.js";

/** How to run one server. */
export interface Plan {
  /** What to call it in errors. */
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** Its folder; everything it writes lies in there, its output in `output.log`. */
  readonly folder: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly guard: Guard;
  /** Other processes that it needs, ended with it. */
  readonly helpers?: readonly number[];
  /** Whom to run it as; undefined: ourselves. */
  readonly user?: User | undefined;
  /** It has child processes that serve clients: they are killed, paused and resumed with it. */
  readonly hasChildren?: boolean;
  /** Asks it to end; default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals;
  /** Whether it takes connections and answers. */
  ready(): Promise<boolean>;
  readonly startMs: number;
}

const host = "127.0.0.1";

/** Starts a server of our own; it ends with this process. */
export async function ownedServer(plan: Plan): Promise<Server> {
  let child: ChildProcess | undefined;
  let closed = false;
  const { stopSignal = "SIGTERM", hasChildren = false } = plan;
  // Its children have its output open as well: that closes when the last of them is gone.
  const gone = hasChildren ? "close" : "exit";
  const send = (to: ChildProcess, name: NodeJS.Signals): void => {
    if (hasChildren) signalFamily(to, name);
    else to.kill(name);
  };

  const watch = (): void => {
    const pid = child?.pid;
    plan.guard.watch([...(pid === undefined ? [] : [pid]), ...(plan.helpers ?? [])]);
  };
  const start = async (): Promise<void> => {
    if (closed) throw new MeshError("SERVER_CLOSED", `${plan.name} is closed; start another one.`);
    if (child !== undefined) return;
    const begun = launch(plan);
    // One that could not be run at all has no id, and never exits.
    if (begun.process.pid !== undefined) child = begun.process;
    begun.process.once(gone, () => {
      child = undefined;
    });
    watch();
    await untilReady(plan, begun);
  };
  const end = async (how: "stop" | "kill"): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, gone);
    if (how === "kill") send(child, "SIGKILL");
    else {
      child.kill(stopSignal);
      // One that is frozen hears that only when it goes on.
      send(child, "SIGCONT");
    }
    await ended;
    watch();
  };
  const signal = (name: NodeJS.Signals): void => {
    if (child === undefined)
      throw new MeshError("SERVER_NOT_RUNNING", `${plan.name} does not run; call start() first.`);
    send(child, name);
  };
  const close = async (): Promise<void> => {
    closed = true;
    await end("kill");
    await plan.guard.close();
  };

  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    url: plan.url,
    host,
    port: plan.port,
    owned: true,
    get running() {
      return child !== undefined;
    },
    folder: plan.folder,
    start,
    stop: () => end("stop"),
    async restart() {
      await end("stop");
      await start();
    },
    kill: () => end("kill"),
    pause: () => signal("SIGSTOP"),
    resume: () => signal("SIGCONT"),
    proxy: () => faultProxy({ target: { host, port: plan.port } }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Launched {
  readonly process: ChildProcess;
  /** What it printed, shortened. */
  output(): string;
  /** Why it could not be run at all. */
  failure(): Error | undefined;
}

function launch({ command, args, env, folder, user }: Plan): Launched {
  // A session of its own: Ctrl-C ends us first, and the server after us.
  const process_ = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...user,
  });
  const log = createWriteStream(join(folder, "output.log"), { flags: "a" });
  // The folder goes while the last lines are still on their way.
  log.on("error", () => undefined);
  let output = "";
  let failure: Error | undefined;
  for (const stream of [process_.stdout, process_.stderr]) {
    stream.pipe(log, { end: false });
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = shorten(output + text);
    });
  }
  process_.once("error", (cause) => {
    failure = cause;
  });
  process_.once("close", () => log.end());
  return { process: process_, output: () => output, failure: () => failure };
}

async function untilReady(plan: Plan, { process: child, output, failure }: Launched): Promise<void> {
  const ended = (): boolean =>
    child.exitCode !== null || child.signalCode !== null || failure() !== undefined;
  const notStarted = (what: string, cause: unknown): MeshError =>
    new MeshError("SERVER_NOT_STARTED", `${plan.name} ${what}.${told(output())}`, { cause });
  const options = { deadlineMs: plan.startMs };
  await eventually(`${plan.name} to answer`, async () => ended() || (await plan.ready()), options).catch(
    (cause: unknown) => {
      throw notStarted("did not answer in time", cause);
    },
  );
  if (ended()) throw notStarted("ended while it started", failure());
}

const keptLength = 6_000;

/** Its beginning and its end: what went wrong is said early by some, late by others. */
function shorten(text: string): string {
  const half = keptLength / 2;
  return text.length <= keptLength ? text : `${text.slice(0, half - 3)}\n…\n${text.slice(-half)}`;
}

function told(output: string): string {
  return output.trim() === "" ? "" : ` It printed:\n${output.trim()}`;
}
