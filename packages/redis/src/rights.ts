/** What is done again and again later is tried at the start, to no effect: a right that is missing is an error there, and not a loop. */
import type { Connection } from "./connection.js";
import { brokerError, isNoGroup } from "./errors.js";

/** Reads where nothing is. */
export async function checkReading(connection: Connection, root: string): Promise<void> {
  const stream = ["COUNT", 1, "STREAMS", `${root}:none`];
  await connection.call("XREADGROUP", ["GROUP", "none", "none", ...stream, ">"]).catch((error: unknown) => {
    if (!isNoGroup(error)) throw error;
  });
  await connection.call("XREAD", [...stream, "0"]);
}

/** Waits for no replica, for no time. */
export async function checkWaiting(connection: Connection): Promise<void> {
  await connection.call("WAIT", [0, 1]).catch((error: unknown) => {
    throw brokerError(error, "asking replicas, as `minReplicas` wants");
  });
}
