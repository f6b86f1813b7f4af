import type { ChildProcess } from "node:child_process";

const alive = new Set<ChildProcess>();

function killAll(): void {
  for (const child of alive) child.kill("SIGKILL");
}

/** Kills the child when this process exits, so that a failing test leaves none behind, a stopped one neither. */
export function killWithParent(child: ChildProcess): void {
  if (alive.size === 0) process.on("exit", killAll);
  alive.add(child);
  child.once("exit", () => {
    alive.delete(child);
    if (alive.size === 0) process.off("exit", killAll);
  });
}
