import type { Database, SqlValue, Statement } from "./driver.js";

/** An open database and its prepared statements. Holds the handle: a driver's statement alone does not. */
export class Connection {
  readonly database: Database;
  readonly #statements: Map<string, Statement> = new Map();

  constructor(database: Database) {
    this.database = database;
  }

  statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  /** Runs it and returns how many rows changed. */
  run(sql: string, ...parameters: SqlValue[]): number {
    return Number(this.statement(sql).run(...parameters).changes);
  }

  get<Row>(sql: string, ...parameters: SqlValue[]): Row | undefined {
    return this.statement(sql).get(...parameters) as Row | undefined;
  }

  all<Row>(sql: string, ...parameters: SqlValue[]): Row[] {
    return this.statement(sql).all(...parameters) as Row[];
  }

  /** Drops the prepared statements, so that the handle can be closed. */
  forget(): void {
    this.#statements.clear();
  }
}
