import { spawn } from "node:child_process";
import { once } from "node:events";
import { childrenFunction } from "./family.js";

/** Ends processes and removes their folder when this process ends, also by SIGKILL; or when told to. */
export interface Guard {
  /** From now on these, and no others. */
  watch(pids: readonly number[]): void;
  /** Kills what is watched, with its children, and removes the folder; resolves when that is done. */
  close(): Promise<void>;
}

// Reads the ids of what is watched, one line each time they change. Its input ends with the process that holds the other
// end, or with `close`.
const killAll = `
${childrenFunction}
while read -r line; do pids=$line; done
for pid in $pids; do
  # What stands still begets no more.
  kill -STOP "$pid" 2>/dev/null
  pids="$pids $(children "$pid")"
done
[ -z "$pids" ] || kill -9 $pids 2>/dev/null
`;
const remove = `
rm -rf "$1" || { sleep 1; rm -rf "$1"; }
`;

/**
 * A small shell beside the server. A handler for our own exit would not do: nothing runs when a process is killed.
 *
 * @param folder - a temporary folder of the server's own
 * @param cleanUp - lines of shell to run in between, where the folder is "$1"
 */
export function openGuard(folder: string, cleanUp = ""): Guard {
  // In a session of its own, out of reach of Ctrl-C and of signals to our process group.
  const shell = spawn("/bin/sh", ["-c", `${killAll}${cleanUp}${remove}`, "guard", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  const ended = once(shell, "exit");
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return {
    watch: (pids) => void shell.stdin.write(`${pids.join(" ")}\n`),
    async close() {
      shell.ref();
      shell.stdin.end();
      await ended;
    },
  };
}
