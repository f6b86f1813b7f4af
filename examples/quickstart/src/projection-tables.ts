import {
  createMesh,
  decider,
  defineCatalog,
  defineEvent,
  memoryBroker,
  projection,
  typed,
} from "@meshwright/core";
import { type SqliteClient, sqliteStore } from "@meshwright/sqlite";

const by = { type: "object", required: ["by"], properties: { by: { type: "string" } } } as const;
const catalog = defineCatalog([defineEvent("com.acme.release.approved.v1", { schema: by })]);
const release = decider({
  catalog,
  initial: undefined,
  evolve: (state) => state,
  decide: (command: { readonly by: string }) => ({ type: "com.acme.release.approved.v1", data: command }),
});

// tables
const version = 3;
const approvals = projection("approvals", {
  catalog,
  version,
  client: typed<SqliteClient>(), // of pg: typed<PoolClient>()
  setup: ({ tx }) => tx.client.exec(`CREATE TABLE approvals_${version} (who TEXT PRIMARY KEY, times INT)`),
  on: {
    "com.acme.release.approved.v1": (event, { tx }) =>
      tx.client
        .prepare(
          `INSERT INTO approvals_${version} VALUES (?, 1) ON CONFLICT (who) DO UPDATE SET times = times + 1`,
        )
        .run(event.data.by),
  },
  live({ tx }) {
    tx.client.exec("DROP VIEW IF EXISTS approvals");
    tx.client.exec(`CREATE VIEW approvals AS SELECT * FROM approvals_${version}`);
  },
});
// end tables

const store = sqliteStore({ path: process.argv[2] ?? "releases.db" });
await store.migrate();
const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store });
const handle = mesh.projection(approvals);
await mesh.start();
for (const who of ["ann", "bob", "ann"]) await mesh.execute(release, "release/42", { by: who });
await handle.ready();
await handle.caughtUp();
const rows = await store.transaction(async ({ client }) =>
  client.prepare("SELECT who, times FROM approvals ORDER BY who").all(),
);
console.log(JSON.stringify(rows));
await mesh.stop();
