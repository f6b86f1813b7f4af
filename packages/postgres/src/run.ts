/** One transaction on a client of the pool: BEGIN, the work, COMMIT, or ROLLBACK. */
import { isConflict, storeRefusals } from "@meshwright/core/adapter";
import type { Pool, PoolClient } from "pg";
import { type Connection, checkOut, statusOf } from "./connection.js";
import { commitUnknown, endedByWork, isLostRace, isRefusal, rolledBack, storeError } from "./errors.js";
import { type Lent, lend } from "./lent-client.js";

/** The work, with the client it may use, and the one behind it. */
type Work<T> = (lent: Lent, driver: PoolClient) => Promise<T>;

export async function runTransaction<T>(pool: Pool, timeoutMs: number, work: Work<T>): Promise<T> {
  const connection = await begin(pool, timeoutMs);
  const lent = lend(connection.client);
  try {
    const result = await work(lent, connection.client);
    lent.end();
    await commit(connection, timeoutMs);
    connection.release();
    return result;
  } catch (error) {
    lent.end();
    await rollback(connection, timeoutMs);
    if (isConflict(error) || !isLostRace(error)) throw error;
    throw storeRefusals.conflict(error);
  }
}

async function begin(pool: Pool, timeoutMs: number): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = await checkOut(pool);
    await connection.ask("BEGIN", timeoutMs);
    return connection;
  } catch (error) {
    connection?.release(true);
    throw storeError(error, "beginning a transaction");
  }
}

async function commit(connection: Connection, timeoutMs: number): Promise<void> {
  // Of statements that the work has not awaited the answers come first.
  if (statusOf(connection.client) === "I") throw endedByWork();
  const answers = await connection.ask("COMMIT", timeoutMs).catch((error: unknown) => {
    throw isRefusal(error) ? error : commitUnknown(error);
  });
  // What it says after COMMIT of a transaction that a statement had broken.
  if ([answers].flat()[0]?.command === "ROLLBACK") throw rolledBack();
}

async function rollback(connection: Connection, timeoutMs: number): Promise<void> {
  if (connection.lost === undefined && statusOf(connection.client) !== "I") {
    await connection.ask("ROLLBACK", timeoutMs).catch(() => undefined);
  }
  connection.release();
}
