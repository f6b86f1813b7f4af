import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath, pathToFileURL } from "node:url";
import {
  type Broker,
  BrokerError,
  type DeadLetterShelf,
  type HistoryReader,
  type Inspector,
} from "@meshwright/core/adapter";
import { type Line, openLine } from "./line.js";
import { nodeArguments } from "./node-arguments.js";
import { killWithParent } from "./orphans.js";
import type { Answer } from "./protocol.js";
import { remoteBroker } from "./remote-broker.js";

export interface ForkOptions {
  /** The module that builds the broker: its default export, or its export `create`, is called with `options`. */
  readonly module: URL | string;
  /** What `create` gets. Travels as JSON. */
  readonly options?: unknown;
  /** Arguments for node; default none, or what runs TypeScript sources when the module ends in .ts. */
  readonly execArgv?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A broker in a process of its own. It sees the machine's clock, whatever clock `open` is given. */
export interface ForkedBroker extends Broker, HistoryReader, DeadLetterShelf, Inspector, AsyncDisposable {
  readonly pid: number;
  /** Ends the process, by default with SIGKILL, and resolves when it is gone. What was pending rejects. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Freezes the process (SIGSTOP): it neither renews leases nor answers. */
  stop(): void;
  /** Lets a frozen process go on (SIGCONT). */
  resume(): void;
}

/**
 * Runs a broker in a child process, so that it can be killed as processes are killed. Every call of the contract
 * is passed on, iteration included. The child ends when this process ends.
 *
 * @throws what the module throws while it builds the broker
 * @example
 * // adapter.ts: export const create = ({ path }) => sqliteBroker({ path });
 * await using broker = await forkBroker({ module: new URL("./adapter.ts", import.meta.url), options: { path } });
 * await broker.open(context);
 * await broker.kill("SIGKILL");
 */
export async function forkBroker(options: ForkOptions): Promise<ForkedBroker> {
  const here = import.meta.url;
  const entry = new URL(here.endsWith(".ts") ? "./child.ts" : "./child.js", here);
  const module = String(options.module);
  const file = module.startsWith("file:") ? module : pathToFileURL(module).href;
  const child = fork(fileURLToPath(entry), [file, JSON.stringify(options.options ?? null)], {
    execArgv: [...nodeArguments([entry, file], options.execArgv)],
    serialization: "advanced",
    env: { ...process.env, ...options.env },
  });
  killWithParent(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const line = openLine(child);
  const { name, capabilities } = await ready(child, line);

  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return {
    name,
    capabilities,
    ...remoteBroker(line),
    pid: child.pid ?? 0,
    kill,
    stop: () => void child.kill("SIGSTOP"),
    resume: () => void child.kill("SIGCONT"),
    [Symbol.asyncDispose]: () => kill("SIGKILL"),
  };
}

function ready(child: ChildProcess, line: Line): Promise<Answer & { kind: "ready" }> {
  return new Promise((resolve, reject) => {
    line.onReady(resolve, reject);
    child.once("error", reject);
    child.once("exit", (code, signal) =>
      reject(
        new BrokerError("FORK_ENDED", `The broker's process ended at its start (${signal ?? code}).`, {
          retryable: false,
        }),
      ),
    );
  });
}
