/**
 * Puts delayed messages whose time has come into the log, in the order of their times.
 *
 * Returns: ms until the next one, or -1.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { channelLibrary } from "./channel-library.js";

const matureScript = script(channelLibrary, "return mature()");

export function matureDelayed(connection: Connection, root: string): Promise<number> {
  return run<number>(connection, matureScript, root, []);
}
