/** A client of the pool, for a while. It goes back in order, or not at all. */
import type { Pool, PoolClient, QueryResult } from "pg";
import type { BoundStatement } from "./statement.js";
import { type Answered, withCommit } from "./with-commit.js";

export class Connection {
  readonly client: PoolClient;
  /** Why it is gone, once it is. */
  lost: unknown;
  #released = false;
  #onLost: () => void = () => undefined;

  constructor(client: PoolClient) {
    this.client = client;
    // Without a listener, a session that the server ends would end this process.
    client.on("error", this.#fail);
  }

  /**
   * Runs a text without values, which may be several statements: then the answer is a list.
   *
   * @param timeoutMs - how long to wait for the answer
   */
  ask(text: string, timeoutMs: number): Promise<QueryResult | QueryResult[]> {
    return within(timeoutMs, (answered) => this.client.query(text, answered));
  }

  /**
   * Runs a statement, and COMMIT if it was done.
   *
   * @returns whether that was confirmed
   */
  async askAndCommit(statement: BoundStatement, timeoutMs: number): Promise<boolean> {
    const results = await within(timeoutMs, (answered) => withCommit(this.client, statement, answered));
    return [results].flat().at(-1)?.command === "COMMIT";
  }

  /** Calls back, at most once, when the server or the network ends the session. */
  whenLost(then: () => void): void {
    this.#onLost = then;
  }

  /**
   * Gives it back. One that is gone, or still in a transaction, is dropped, and the server rolls back.
   *
   * @param broken - drop it in any case
   */
  release(broken = false): void {
    if (this.#released) return;
    this.#released = true;
    this.#onLost = () => undefined;
    const drop = broken || this.lost !== undefined || !isIdle(this.client);
    // The listener stays with one that is dropped: it may fail once more while it ends.
    if (!drop) this.client.off("error", this.#fail);
    this.client.release(drop);
  }

  readonly #fail = (error: unknown): void => {
    this.lost ??= error;
    const then = this.#onLost;
    this.#onLost = () => undefined;
    then();
  };
}

/** pg's own way to limit the time would copy what it is given, which takes as long as all the rest that it does. */
function within(timeoutMs: number, ask: (answered: Answered) => void): Promise<QueryResult | QueryResult[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer in time")), timeoutMs);
    ask((error, results) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(results);
    });
  });
}

export async function checkOut(pool: Pool): Promise<Connection> {
  return new Connection(await pool.connect());
}

function isIdle(client: PoolClient): boolean {
  const status = statusOf(client);
  return status === undefined || status === "I";
}

/** "I": in no transaction, "T": in one, "E": in one that failed. Undefined where the driver does not tell. */
export function statusOf(client: { getTransactionStatus?(): string | null }): string | undefined {
  return client.getTransactionStatus?.() ?? undefined;
}
