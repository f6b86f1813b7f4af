import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { type SqliteClient, sqliteStore } from "@meshwright/sqlite";
import type { Effect, OwnRow, Service, Tables } from "./contract.js";

const ownTables = `
  CREATE TABLE counters (key TEXT PRIMARY KEY, number INTEGER NOT NULL);
  CREATE TABLE own (name TEXT PRIMARY KEY, key TEXT NOT NULL, number INTEGER NOT NULL, ids TEXT NOT NULL,
    UNIQUE (key, number));
  CREATE TABLE effects (n INTEGER PRIMARY KEY AUTOINCREMENT, consumer_group TEXT NOT NULL, source TEXT NOT NULL,
    id TEXT NOT NULL, name TEXT NOT NULL)`;

export function sqliteService(path: string, leaseMs: number): Service {
  const store = sqliteStore({ path, lease: leaseMs, busyTimeout: "30s" });
  const ask = <T>(sql: string, ...values: readonly string[]): Promise<readonly T[]> =>
    store.transaction(async ({ client }) => client.prepare(sql).all(...values) as T[]);
  return {
    store,
    tables,
    isThere: async (row) => (await ask("SELECT 1 FROM own WHERE name = ?", row)).length === 1,
    async migrate() {
      await store.migrate();
      await store.open({ clock: systemClock, logger: silentLogger });
      await store.transaction(async ({ client }) => client.exec(ownTables));
    },
    async waiting() {
      const [found] = await ask<{ waiting: number }>("SELECT count(*) AS waiting FROM mw_outbox");
      return found?.waiting ?? 0;
    },
    async records() {
      const rows = await ask<OwnRow & { ids: string }>("SELECT name, key, number, ids FROM own");
      const effects = await ask<Effect>(
        'SELECT consumer_group AS "group", source, id, name FROM effects ORDER BY n',
      );
      return { rows: rows.map((row) => ({ ...row, ids: JSON.parse(row.ids) as string[] })), effects };
    },
    close: () => Promise.resolve(),
  };
}

const tables: Tables = {
  async next(client, key) {
    const counted = of(client)
      .prepare(
        `INSERT INTO counters VALUES (?, 1) ON CONFLICT (key) DO UPDATE SET number = counters.number + 1
         RETURNING number`,
      )
      .get(key) as { readonly number: number };
    return counted.number;
  },
  async insert(client, { name, key, number, ids }) {
    of(client).prepare("INSERT INTO own VALUES (?, ?, ?, ?)").run(name, key, number, JSON.stringify(ids));
  },
  async effect(client, { group, source, id, name }) {
    of(client)
      .prepare("INSERT INTO effects (consumer_group, source, id, name) VALUES (?, ?, ?, ?)")
      .run(group, source, id, name);
  },
};

function of(client: unknown): SqliteClient {
  return client as SqliteClient;
}
