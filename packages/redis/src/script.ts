/**
 * Lua scripts and how they are called. Each file in `scripts/` is one script with its typed wrapper. A script touches
 * one channel only, so it is atomic over that channel and works in a cluster.
 *
 * Each call has the text with it, which Redis keeps compiled. EVALSHA would be shorter; but a server that has restarted does not
 * know the script, and a call that has to be sent again may then be done after one that was given later.
 */
import type { Argument, Connection } from "./connection.js";

/** The text of a script of these parts; what is in front can be used by what follows. Comments and margins stay here. */
export function script(...parts: readonly string[]): string {
  const lines = parts.join("\n").split("\n");
  const code = lines.map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("--"));
  return code.join("\n");
}

/** Runs a script on a channel. */
export async function run<Reply>(
  connection: Connection,
  text: string,
  root: string,
  args: readonly Argument[],
): Promise<Reply> {
  return (await connection.call("EVAL", [text, 1, root, ...args])) as Reply;
}

/** The same for replies that may not be text. */
export async function runForBytes<Reply>(
  connection: Connection,
  text: string,
  root: string,
  args: readonly Argument[],
): Promise<Reply> {
  return (await connection.callForBytes("EVAL", [text, 1, root, ...args])) as Reply;
}
