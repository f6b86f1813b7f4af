import { type ChildProcess, spawnSync } from "node:child_process";

/**
 * Shell: `children 12` prints the ids of that process's children. Linux has them in a file of each thread; elsewhere
 * pgrep looks for them.
 */
export const childrenFunction = `
children() { cat /proc/"$1"/task/*/children 2>/dev/null || pgrep -P "$1"; }
`;

/** Sends a signal to a process and its children. A process group would not do: a child may have left it. */
export function signalFamily(parent: ChildProcess, signal: NodeJS.Signals): void {
  // It stands still, so that it begets no more while we look.
  parent.kill("SIGSTOP");
  for (const pid of childrenOf(parent.pid)) sendTo(pid, signal);
  parent.kill(signal);
}

function childrenOf(pid: number | undefined): readonly number[] {
  const script = `${childrenFunction}children "$1"`;
  const { stdout } = spawnSync("/bin/sh", ["-c", script, "children", String(pid)], { encoding: "utf8" });
  return stdout.split(/\s+/).filter(Boolean).map(Number);
}

function sendTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended.
  }
}
