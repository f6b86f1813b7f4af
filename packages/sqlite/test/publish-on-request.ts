/** A process that opens a file and publishes, or holds the write lock, when its parent says so. */
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";
import { openHandle } from "./open-handle.js";

interface Request {
  readonly publish?: string;
  readonly lockForMs?: number;
}

const path = process.argv[2] ?? "";
const broker = sqliteBroker({ path });
await broker.open({
  namespace: "test",
  service: "child",
  clock: systemClock,
  logger: silentLogger,
  report: () => undefined,
});
process.once("disconnect", () => process.exit());
process.on("message", (request: Request) => {
  if (request.publish !== undefined) void publish(request.publish);
  if (request.lockForMs !== undefined) void lock(request.lockForMs);
});
process.send?.("open");

async function publish(id: string): Promise<void> {
  const message = { id, type: "test.v1", key: id, contentType: "application/json", headers: {}, body: "{}" };
  await broker.publish("orders", [message]);
  process.send?.("published");
}

async function lock(ms: number): Promise<void> {
  const handle = await openHandle(path);
  handle.exec("BEGIN IMMEDIATE");
  process.send?.("locked");
  await new Promise((resolve) => setTimeout(resolve, ms));
  handle.exec("ROLLBACK");
  handle.close();
  process.send?.("unlocked");
}
