/** One transaction on a client of the pool: BEGIN, the work, COMMIT, or ROLLBACK. */
import { isConflict, storeRefusals } from "@meshwright/core/adapter";
import type { Pool, PoolClient } from "pg";
import { type Connection, checkOut, statusOf } from "./connection.js";
import { commitError, endedByWork, isBroken, isLostRace, rolledBack, storeError } from "./errors.js";
import { type Lent, lend } from "./lent-client.js";
import type { BoundStatement } from "./statement.js";

/** The work, with the client it may use, and the one behind it. */
type Work<T> = (lent: Lent, driver: PoolClient) => Promise<T>;

export async function runTransaction<T>(pool: Pool, timeoutMs: number, work: Work<T>): Promise<T> {
  const connection = await begin(pool, timeoutMs);
  const lent = lend(connection.client);
  try {
    const result = await work(lent, connection.client);
    lent.end();
    await commit(connection, timeoutMs, lent.unsent?.take());
    connection.release();
    return result;
  } catch (error) {
    lent.end();
    await rollback(connection, timeoutMs);
    const cause = (isBroken(error) && lent.unsent?.failure) || error;
    throw isLostRace(cause) && !isConflict(cause) ? storeRefusals.conflict(cause) : cause;
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

/** @param last - a statement that is still to be done */
async function commit(
  connection: Connection,
  timeoutMs: number,
  last: BoundStatement | undefined,
): Promise<void> {
  if (statusOf(connection.client) === "I") throw endedByWork();
  // Then it is known that nothing was committed.
  if (connection.lost !== undefined) throw storeError(connection.lost, "committing");
  try {
    if (last !== undefined && (await connection.askAndCommit(last, timeoutMs))) return;
    // Of statements that the work has not awaited the answers come first.
    const answers = await connection.ask("COMMIT", timeoutMs);
    // What it says of a transaction that a statement had broken.
    if ([answers].flat()[0]?.command === "ROLLBACK") throw rolledBack();
  } catch (error) {
    throw commitError(error);
  }
}

async function rollback(connection: Connection, timeoutMs: number): Promise<void> {
  if (connection.lost === undefined && statusOf(connection.client) !== "I") {
    await connection.ask("ROLLBACK", timeoutMs).catch(() => undefined);
  }
  connection.release();
}
