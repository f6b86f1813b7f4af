import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sqliteBroker } from "@meshwright/sqlite";
import { testBroker } from "@meshwright/testing";
import { afterAll } from "vitest";
import { openHandle } from "./open-handle.js";

const folder = mkdtempSync(join(tmpdir(), "meshwright-sqlite-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "mesh.db");
const lease = 500;

const noServer = "a file has no server that could be restarted";

testBroker({
  create: () => sqliteBroker({ path, lease }),
  fork: { module: new URL("./forked-broker.ts", import.meta.url), options: { path, lease } },
  leaseMs: lease,
  capabilities: { durable: true, reach: "machine", keyOrder: true, atomicBatch: true, replay: true },
  retention: {
    create: () => sqliteBroker({ path, lease, retention: { maxAge: 0, maxMessages: 1, interval: 20 } }),
    hard: {
      messages: 100,
      create: () =>
        sqliteBroker({ path, lease, retention: { hardLimit: { maxMessages: 100 }, interval: 20 } }),
    },
  },
  async corrupt({ namespace, channel }, bytes) {
    const handle = await openHandle(path);
    const row = handle
      .prepare("SELECT id FROM mw_channels WHERE namespace = ? AND name = ?")
      .get(namespace, channel) as { readonly id: number };
    handle
      .prepare(
        `INSERT INTO mw_log_${row.id} (stored_at, id, type, key, content_type, headers, body)
         VALUES (?, 'damaged', 't', 'damaged', 'application/octet-stream', 'no headers', ?)`,
      )
      .run(Date.now(), bytes);
    handle.close();
  },
  async incompatible() {
    const newer = join(folder, "newer.db");
    const handle = await openHandle(newer);
    handle.exec(
      "CREATE TABLE IF NOT EXISTS mw_meta (name TEXT PRIMARY KEY, value INTEGER); INSERT OR REPLACE INTO mw_meta VALUES ('format', 99)",
    );
    handle.close();
    return sqliteBroker({ path: newer });
  },
  skip: {
    "B1/restart-mid-publish": noServer,
    "B6/restart": noServer,
    "B10/restart-goes-on": noServer,
    "B10/restart-keeps": noServer,
    "delay/survives-restart": noServer,
  },
});
