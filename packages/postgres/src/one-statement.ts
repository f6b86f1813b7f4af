/**
 * A statement of the service's own and the rows of the outbox as one: one round trip, and no BEGIN and COMMIT. The server does
 * all of a statement or nothing.
 *
 * The statement stays what it is, so that it answers as it does alone, and may return nothing. Ours stands before it, in WITH,
 * where it is done exactly once and to its end, whatever the other does.
 */
import { type OutboxRow, type Store, storeRefusals, type Transaction } from "@meshwright/core/adapter";
import type { Pool, PoolClient, QueryConfig, QueryResult } from "pg";
import { type Connection, checkOut } from "./connection.js";
import {
  commitUnknown,
  isLostRace,
  isRefusal,
  isUnprepared,
  oneStatement,
  storeError,
  valuesDiffer,
} from "./errors.js";
import { byColumn, valuesOf } from "./rows.js";
import { type BoundStatement, nameFor } from "./statement.js";
import { insertMany, insertOne } from "./statements.js";

/** Runs the work with a transaction in which it can publish, and nothing else. Returns what it has published. */
export async function collect(
  store: Store<PoolClient>,
  work: (tx: Transaction<PoolClient>) => Promise<unknown>,
): Promise<readonly OutboxRow[]> {
  const rows: OutboxRow[] = [];
  let ended = false;
  const requireUsable = (): void => {
    if (ended) throw storeRefusals.ended();
  };
  const refuse = (what: string): never => {
    requireUsable();
    throw oneStatement(what);
  };
  const tx: Transaction<PoolClient> = {
    store,
    get client() {
      return refuse("tx.client");
    },
    get documents() {
      return refuse("tx.documents");
    },
    get log() {
      return refuse("A stream");
    },
    async append(more) {
      requireUsable();
      rows.push(...more);
    },
    claim: async () => refuse("tx.claim"),
    hold: async () => refuse("tx.hold"),
    move: async () => refuse("tx.move"),
  };
  try {
    await work(tx);
  } finally {
    ended = true;
  }
  return rows;
}

/** A service that builds its texts at run time would have this and the server keep all of them. */
const mostKept = 200;

const doing = "running a statement";

/** Where statements are run. */
interface Where {
  readonly pool: Pool;
  /** The table. */
  readonly outbox: string;
}

/** How many rows go with a statement, as far as its text depends on it. */
type Kind = "none" | "one" | "many";

/** A text of the service's own, and ours. */
interface Whole {
  readonly text: string;
  /** To be prepared under. */
  readonly name: string | undefined;
  /** How many values the service has to give. */
  readonly own: number;
}

/** Remembers what it has made of texts, and that the server knows it. */
export class StatementRunner {
  readonly #prepare: boolean;
  readonly #kept: Readonly<Record<Kind, Map<string, Whole>>> = {
    none: new Map(),
    one: new Map(),
    many: new Map(),
  };

  constructor(prepare: boolean) {
    this.#prepare = prepare;
  }

  /**
   * @throws StoreError `STORE_CONFLICT`, `POSTGRES_STATEMENT_VALUES`, `POSTGRES_COMMIT_UNKNOWN`, and what connecting throws; what
   *   the server says of the statement, as it is
   */
  async run({ pool, outbox }: Where, own: BoundStatement, rows: readonly OutboxRow[]): Promise<QueryResult> {
    const query = this.#query(outbox, own, rows);
    const connection = await checkOut(pool).catch((error: unknown) => {
      throw storeError(error, doing);
    });
    try {
      const result = await connection.client.query(query);
      connection.release();
      return result;
    } catch (error) {
      throw failed(error, connection);
    }
  }

  #query(outbox: string, { text, values }: BoundStatement, rows: readonly OutboxRow[]): Extended {
    const kind = rows.length === 0 ? "none" : rows.length === 1 ? "one" : "many";
    const whole = this.#kept[kind].get(text) ?? this.#wholeOf(kind, text, outbox);
    if (whole.own !== values.length) throw valuesDiffer(whole.own, values.length);
    return {
      text: whole.text,
      values: [...values, ...rowValues(kind, rows)],
      queryMode: "extended",
      ...(whole.name === undefined ? {} : { name: whole.name }),
    };
  }

  #wholeOf(kind: Kind, own: string, outbox: string): Whole {
    const count = parametersOf(own);
    const text = besides(own, insertionOf(kind, outbox, count + 1));
    const kept = this.#kept[kind];
    if (kept.size >= mostKept) return { text, name: undefined, own: count };
    const whole = { text, name: this.#prepare ? nameFor(text) : undefined, own: count };
    kept.set(own, whole);
    return whole;
  }
}

/** Not several statements in one text, also where there are no values. pg takes it, though its types do not say so. */
type Extended = QueryConfig & { readonly queryMode: "extended" };

/** @param from - the number of its first parameter */
function insertionOf(kind: Kind, outbox: string, from: number): string {
  // Takes its place, so that a text without events is read as one with them.
  if (kind === "none") return "SELECT";
  return kind === "one" ? insertOne(outbox, { from }) : insertMany(outbox, { from });
}

function rowValues(kind: Kind, rows: readonly OutboxRow[]): readonly unknown[] {
  const values = rows.map(valuesOf);
  return kind === "many" ? byColumn(values) : values.flat();
}

/** Of blanks and comments. */
const lead = /^(?:\s|--.*|\/\*[\s\S]*?\*\/)*/;

/** The statement with another one in its WITH, under a name that no table has. */
function besides(text: string, other: string): string {
  const bare = text.replace(lead, "");
  const [own, recursive = ""] = /^with\b(\s+recursive\b)?/i.exec(bare) ?? [];
  const rest = own === undefined ? ` ${bare}` : `, ${bare.slice(own.length)}`;
  return `WITH${recursive} "meshwright: outbox" AS (${other})${rest}`;
}

/**
 * Each parameter of the text has to have its value: one too few, and it would be given one of ours. Whatever looks like a
 * parameter counts, since only the server can tell.
 */
function parametersOf(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/\$(\d+)/g), ([, number]) => Number(number)));
}

function failed(error: unknown, connection: Connection): unknown {
  const refused = isRefusal(error);
  connection.release(!refused);
  if (isLostRace(error)) return storeRefusals.conflict(error);
  if (isUnprepared(error)) return storeError(error, doing);
  return refused ? error : commitUnknown(error);
}
