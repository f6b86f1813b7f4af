import type { Connection } from "./connection.js";
import { ChannelLog } from "./log.js";
import { logTable } from "./schema.js";
import { toText } from "./text.js";

/** The channels of one namespace. A channel exists from its first publish or subscribe. */
export class Channels {
  readonly #db: Connection;
  readonly #namespace: string;
  readonly #logs: Map<string, ChannelLog> = new Map();

  constructor(db: Connection, namespace: string) {
    this.#db = db;
    this.#namespace = toText(namespace);
  }

  /** The channel's log; undefined if nobody has used the channel. */
  find(name: string): ChannelLog | undefined {
    const known = this.#logs.get(name);
    if (known) return known;
    const row = this.#db.get<{ id: number }>(
      "SELECT id FROM mw_channels WHERE namespace = ? AND name = ?",
      this.#namespace,
      toText(name),
    );
    return row && this.#keep(name, row.id);
  }

  /** The channel's log, created if missing. Inside a write transaction only. */
  ensure(name: string): ChannelLog {
    const found = this.find(name);
    if (found) return found;
    this.#db.run("INSERT INTO mw_channels (namespace, name) VALUES (?, ?)", this.#namespace, toText(name));
    const log = this.find(name);
    if (!log) throw new Error("the channel was not stored");
    this.#db.database.exec(logTable(log.table));
    return log;
  }

  /** All channels of the namespace. */
  all(): readonly { readonly name: string; readonly log: ChannelLog }[] {
    const rows = this.#db.all<{ id: number; name: string }>(
      "SELECT id, name FROM mw_channels WHERE namespace = ? ORDER BY id",
      this.#namespace,
    );
    return rows.map(({ id, name }) => ({ name, log: new ChannelLog(this.#db, id) }));
  }

  /** After a rollback: what was created may not exist. */
  forget(): void {
    this.#logs.clear();
  }

  #keep(name: string, id: number): ChannelLog {
    const log = new ChannelLog(this.#db, id);
    this.#logs.set(name, log);
    return log;
  }
}
