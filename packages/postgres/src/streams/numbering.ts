/**
 * How events come by their positions in the log. An append leaves its events without one and tells in a small row that they
 * are there. Whoever reads takes such rows away and counts on from the end of the log. So it is after the commit of the append,
 * and what has been counted is never before what is counted later.
 */
import type { Pool } from "pg";
import { type Connection, checkOut } from "../connection.js";
import { storeError } from "../errors.js";
import type { Notices } from "../notices.js";
import type { Session } from "../session.js";
import type { StreamStatements } from "./statements.js";

interface Parts {
  readonly pool: Pool;
  /** On the pool. */
  readonly session: Session;
  readonly timeoutMs: number;
  readonly notices: Notices;
  statements(): StreamStatements;
  /** Work that `close` waits for. */
  underWay<T>(work: () => Promise<T>): Promise<T>;
}

interface Ends {
  readonly head: string | null;
  /** The newest append that has no position. */
  readonly newest: string | null;
}

export class Numbering {
  readonly #parts: Parts;
  #isQueued = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Gives positions to all that is committed now. Returns the last one. */
  async all(): Promise<number> {
    const { head, newest } = await this.#ends();
    if (newest === null) return Number(head);
    while (await this.some(newest));
    return Number((await this.#ends()).head);
  }

  /** The same for who has a connection already, if there is another one. */
  readonly allBeside = async (): Promise<void> => {
    if (hasRoom(this.#parts.pool)) await this.all();
  };

  /**
   * Gives positions to some of what was appended up to here, on a connection of the pool.
   *
   * @param until - an append
   * @returns whether there is more
   */
  readonly some = (until: string): Promise<boolean> => {
    const { underWay } = this.#parts;
    return underWay(() => this.#some(until));
  };

  /**
   * The same for who has a connection already. Where all are taken, by transactions that want this too, they would wait for each
   * other for ever. So then it is done when one is free, and those who watch are told.
   */
  readonly someBeside = async (until: string): Promise<boolean> => {
    if (hasRoom(this.#parts.pool)) return this.some(until);
    if (this.#isQueued) return false;
    this.#isQueued = true;
    void this.#later(until);
    return false;
  };

  async #later(until: string): Promise<void> {
    try {
      while (await this.some(until));
      this.#parts.notices.tellHere();
    } catch {
      // Who reads next tries it again, and is told why it fails.
    } finally {
      this.#isQueued = false;
    }
  }

  async #ends(): Promise<Ends> {
    const { session, statements } = this.#parts;
    const { rows } = await session.ask<Ends>(statements().head, [], "looking for the end of the log");
    return rows[0] ?? { head: null, newest: null };
  }

  async #some(until: string): Promise<boolean> {
    const { pool, timeoutMs, statements } = this.#parts;
    let connection: Connection | undefined;
    try {
      const text = statements().number(until, timeoutMs);
      connection = await checkOut(pool);
      const answers = [await connection.ask(text, timeoutMs)].flat();
      connection.release();
      // The last one is that of COMMIT.
      return answers.at(-2)?.rowCount === 1;
    } catch (error) {
      connection?.release(true);
      throw storeError(error, "giving events of streams their positions");
    }
  }
}

/** Whether a connection can be had without waiting for others to end theirs. */
function hasRoom({ idleCount, totalCount, waitingCount, options }: Pool): boolean {
  return idleCount + (options.max - totalCount) > waitingCount;
}
