/** The processes of a run: started, killed, replaced. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

export interface Worker {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly gone: Promise<void>;
}

export interface Role {
  readonly kind: "publisher" | "consumer";
  readonly group: string;
}

const execArgv = ["--conditions=@meshwright/source", "--import", "tsx"];

/** Starts a process. It rejects `ready` when it ends before. */
export function startWorker(role: Role, folder: string, name: string, seed: number): Worker {
  const file = fileURLToPath(new URL(`./${role.kind}.ts`, import.meta.url));
  const child = fork(file, [folder, name, String(seed), role.group], { execArgv });
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = new Promise<void>((resolve, reject) => {
    child.once("message", () => resolve());
    child.once("exit", (code, signal) => reject(new Error(`${name} ended at its start (${signal ?? code})`)));
  });
  // Not every worker is waited for.
  ready.catch(() => undefined);
  return { child, ready, gone };
}
