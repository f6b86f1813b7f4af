import { createMesh, defineCatalog, defineEvent, memoryBroker, memoryServer } from "@meshwright/core";
import { sqliteBroker, sqliteStore } from "@meshwright/sqlite";
import { eventually } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFile } from "../support.js";
import { handleOn } from "./support.js";

const numbered = {
  schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
} as const;
const ordered = defineEvent("com.acme.order.placed.v1", numbered);
const billed = defineEvent("com.acme.order.billed.v1", numbered);
const catalog = defineCatalog([ordered, billed]);

test.each([
  ["in memory", () => memoryBroker({ server: memoryServer() })],
  ["in another file", () => sqliteBroker({ path: temporaryFile() })],
  ["in the same file", (path: string) => sqliteBroker({ path })],
])("a mesh with a broker %s publishes with the service's rows, and handles once", async (_, broker) => {
  const path = temporaryFile();
  const own = await handleOn(path);
  own.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000; CREATE TABLE own (n INTEGER)");
  const store = sqliteStore({ path });
  await store.migrate();
  const mesh = createMesh({ service: "shop", catalog, broker: broker(path), store });
  onTestFinished(() => mesh.stop());
  const seen: unknown[] = [];
  mesh.on("com.acme.order.placed.v1", { name: "billing", transactional: true }, async (event, ctx) => {
    ctx.tx.client.prepare("INSERT INTO own VALUES (?)").run(event.data.n);
    ctx.publish("com.acme.order.billed.v1", { n: event.data.n });
  });
  mesh.on("com.acme.order.billed.v1", { name: "audit" }, async (event) => void seen.push(event.data.n));
  await mesh.start();

  await store.transaction((tx) => mesh.publish("com.acme.order.placed.v1", { n: 1 }, { tx }));
  await store
    .transaction(async (tx) => {
      await mesh.publish("com.acme.order.placed.v1", { n: 2 }, { tx });
      throw new Error("rolled back");
    })
    .catch(() => undefined);
  own.exec("BEGIN IMMEDIATE");
  await mesh.publish("com.acme.order.placed.v1", { n: 3 }, { tx: store.enlist(own) });
  own.exec("COMMIT");

  await eventually("both have been billed", () => seen.length === 2);
  expect(seen.sort()).toEqual([1, 3]);
  expect(own.prepare("SELECT n FROM own ORDER BY n").all()).toEqual([{ n: 1 }, { n: 3 }]);
});
