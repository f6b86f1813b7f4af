/**
 * Node processes for tests: scripts that print lines (`spawnNode`) and brokers that can be killed (`forkBroker`).
 * Imports `node:child_process`, the contract's types and errors, and waiting.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Duration, durationMs, MeshError } from "@meshwright/core/adapter";
import { nodeArguments } from "./node-arguments.js";
import { killWithParent } from "./orphans.js";

export interface SpawnOptions {
  /** Arguments for node itself; default none, or what runs TypeScript sources when the file ends in .ts. */
  readonly execArgv?: readonly string[];
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** A running script. Disposing of it kills it and waits for its end. */
export interface NodeProcess extends AsyncDisposable {
  readonly pid: number;
  /** Every line of its standard output so far. */
  readonly lines: readonly string[];
  /** Everything it wrote to its standard error so far. */
  readonly errors: string;
  /** Resolves with how it ended. */
  readonly exit: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /**
   * The next line that matches, after the one that the last call found.
   *
   * @param pattern - a regular expression, or a text that the line contains
   * @param deadline - how long to wait; default 15s
   * @throws MeshError `PROCESS_ENDED` or `PROCESS_SILENT`, with the last of what it printed
   */
  line(pattern: RegExp | string, deadline?: Duration): Promise<string>;
  /** Writes a line to its standard input. */
  write(line: string): void;
  /** Sends a signal, default SIGKILL, and resolves when the process has ended by it or goes on (SIGSTOP, SIGCONT). */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

/**
 * Starts a script as a process of its own.
 *
 * @param file - path or file URL; a .ts file runs from source through tsx
 * @throws MeshError `PROCESS_NOT_STARTED`
 * @example
 * await using worker = spawnNode(new URL("./worker.ts", import.meta.url), ["--group", "audit"]);
 * await worker.line(/ready/);
 * await worker.kill("SIGKILL");
 */
export function spawnNode(
  file: URL | string,
  args: readonly string[] = [],
  options: SpawnOptions = {},
): NodeProcess {
  const command = [...nodeArguments([file], options.execArgv), pathOf(file), ...args];
  const child = spawn(process.execPath, command, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...options.env },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  if (child.pid === undefined)
    throw new MeshError("PROCESS_NOT_STARTED", `node could not be started for ${pathOf(file)}.`);
  killWithParent(child);

  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => {
    for (const look of [...waiting]) look();
  };
  let errors = "";
  let ended = false;
  let cursor = 0;
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  child.stdin.on("error", () => undefined);
  createInterface({ input: child.stdout }).on("line", (line) => {
    lines.push(line);
    wake();
  });
  const exit = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once("close", (code, signal) => {
      ended = true;
      resolve({ code, signal });
      wake();
    });
  });

  const told = (): string => ` It printed: ${JSON.stringify([...lines.slice(-5), errors.slice(-2_000)])}`;
  const find = (pattern: RegExp | string): string | undefined => {
    for (; cursor < lines.length; cursor++) {
      const line = lines[cursor] ?? "";
      if (typeof pattern === "string" ? line.includes(pattern) : pattern.test(line)) {
        cursor++;
        return line;
      }
    }
    return undefined;
  };
  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    if (ended) return;
    child.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await exit;
  };

  return {
    pid: child.pid,
    lines,
    get errors() {
      return errors;
    },
    exit,
    line: (pattern, deadline = "15s") =>
      new Promise((resolve, reject) => {
        const done = (end: () => void): void => {
          waiting.delete(look);
          clearTimeout(timer);
          end();
        };
        const look = (): void => {
          const line = find(pattern);
          if (line !== undefined) done(() => resolve(line));
          else if (ended)
            done(() =>
              reject(new MeshError("PROCESS_ENDED", `The process ended before ${pattern}.${told()}`)),
            );
        };
        const timer = setTimeout(
          () =>
            done(() =>
              reject(new MeshError("PROCESS_SILENT", `No line matched ${pattern} in time.${told()}`)),
            ),
          durationMs(deadline, "deadline"),
        );
        waiting.add(look);
        look();
      }),
    write: (line) => void child.stdin.write(`${line}\n`),
    kill,
    async [Symbol.asyncDispose]() {
      await kill("SIGKILL");
    },
  };
}

function pathOf(file: URL | string): string {
  return file instanceof URL || file.startsWith("file:") ? fileURLToPath(file) : file;
}
