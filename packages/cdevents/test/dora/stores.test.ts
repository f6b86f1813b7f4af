import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh, memoryBroker, memoryStore, type Store } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import { sqliteStore } from "@meshwright/sqlite";
import { postgresServer } from "@meshwright/testing";
import pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { cdeventsCatalog, doraMetrics, doraReport, toEntry } from "../../src/index.js";
import { cloudEventOf } from "../examples.js";
import { expected, history } from "./history.js";

const stores: Readonly<Record<string, () => Promise<Store>>> = {
  memory: async () => memoryStore(),
  async SQLite() {
    const folder = await mkdtemp(join(tmpdir(), "meshwright-dora-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const store = sqliteStore({ path: join(folder, "metrics.db") });
    await store.migrate();
    return store;
  },
  async PostgreSQL() {
    const server = await postgresServer({ shared: true });
    const pool = new pg.Pool({ connectionString: await server.createDatabase() });
    onTestFinished(() => pool.end());
    const store = postgresStore({ pool });
    await store.migrate();
    return store;
  },
};

describe.each(Object.entries(stores))("doraMetrics on %s", (_, createStore) => {
  it("tells from a channel what was computed by hand, though the events come backwards", async () => {
    const parts = { catalog: cdeventsCatalog, broker: memoryBroker(), store: await createStore() };
    await using mesh = createMesh({ service: "metrics", ...parts });
    const dora = mesh.projection(doraMetrics());
    await mesh.start();
    await mesh.publishAll([...history].reverse().map((event) => toEntry(event)));
    await dora.caughtUp();
    expect(await doraReport(dora.documents)).toEqual(expected);
  });

  it("tells the same from the streams of the store", async () => {
    const store = await createStore();
    await using mesh = createMesh({
      service: "metrics",
      catalog: cdeventsCatalog,
      broker: memoryBroker(),
      store,
    });
    const dora = mesh.projection(doraMetrics({ from: "store" }));
    await mesh.start();
    await store.streams.append("delivery", "any", history.map(cloudEventOf));
    await dora.caughtUp();
    expect(await doraReport(dora.documents)).toEqual(expected);
  });
});
