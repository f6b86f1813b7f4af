/**
 * Lua scripts and how they are called. Each file in `scripts/` is one script with its typed wrapper. A script touches
 * one channel only, so it is atomic over that channel and works in a cluster.
 */
import { createHash } from "node:crypto";
import type { Argument, Connection } from "./connection.js";

export interface Script {
  readonly lua: string;
  readonly sha: string;
}

/** A script of these parts; what is in front can be used by what follows. */
export function script(...parts: readonly string[]): Script {
  const lua = parts.join("\n");
  return { lua, sha: createHash("sha1").update(lua).digest("hex") };
}

/** Runs a script on a channel. A server that does not know it yet is sent its text. */
export async function run<Reply>(
  connection: Connection,
  { lua, sha }: Script,
  root: string,
  args: readonly Argument[],
): Promise<Reply> {
  try {
    return (await connection.call("EVALSHA", [sha, 1, root, ...args])) as Reply;
  } catch (error) {
    if (!isNoScript(error)) throw error;
    return (await connection.call("EVAL", [lua, 1, root, ...args])) as Reply;
  }
}

/** The same for replies that may not be text. */
export async function runForBytes<Reply>(
  connection: Connection,
  { lua }: Script,
  root: string,
  args: readonly Argument[],
): Promise<Reply> {
  return (await connection.callForBytes("EVAL", [lua, 1, root, ...args])) as Reply;
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
