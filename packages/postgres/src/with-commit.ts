/** A statement and COMMIT in one message: the statement takes no round trip of its own. */
import pg, { type Connection, type PoolClient, type QueryResult } from "pg";
import type { BoundStatement } from "./statement.js";

export type Answered = (error: Error | null | undefined, results: QueryResult | QueryResult[]) => void;

/** Whether the client takes it: only one of the pg that this package has. A pool may be of another one. */
export function takesCommit(client: unknown): client is PoolClient {
  return client instanceof pg.Client;
}

/** @param answered - is given a result for the statement and one for COMMIT, or, where pg no longer does as it does now, one alone */
export function withCommit(client: PoolClient, statement: BoundStatement, answered: Answered): void {
  client.query(new WithCommit(statement, answered));
}

/** What pg makes of a statement, and COMMIT at the end. If the statement fails, the server skips what follows. */
class WithCommit extends pg.Query {
  readonly name: string | undefined;
  readonly callback: Answered;

  constructor({ text, name, values }: BoundStatement, answered: Answered) {
    super(text, [...values]);
    this.name = name;
    this.callback = answered;
  }

  /** pg calls this where the statement is bound, to have it executed and the message ended. */
  _getRows(connection: Connection): void {
    connection.execute({}, true);
    connection.parse({ name: "", text: "COMMIT", types: [] }, true);
    connection.bind({}, true);
    connection.execute({}, true);
    connection.sync();
  }
}
