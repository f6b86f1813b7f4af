import { createMesh, memoryBroker, memoryStore, type SagaHistory } from "@meshwright/core";
import { approval } from "./approval.js";
import { catalog } from "./events.js";
import { rollout } from "./rollout.js";
import { register } from "./versions.js";

// mesh
const store = memoryStore(); // or postgresStore({ pool }), sqliteStore({ path })
const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store });
mesh.saga(approval); // before start
mesh.saga(rollout);
// end mesh
register(mesh);

// reply
mesh.on("com.acme.scan.requested.v1", { name: "scanner" }, ({ data: { id } }, ctx) => {
  ctx.publish("com.acme.scan.finished.v1", { id, critical: id === "2" ? 1 : 0 });
});
// end reply
await mesh.start();

// start
await mesh.publish("com.acme.release.opened.v1", { id: "1" });
await mesh.publish("com.acme.release.approved.v1", { id: "1", by: "ann" });
// end start
await until("rollout", "1", ({ state }) => state === "completed");

await mesh.publish("com.acme.release.started.v1", { id: "2" });
await mesh.publish("com.acme.release.opened.v1", { id: "3" });
await until("rollout", "2", ({ state }) => state === "running");
await until("approval", "3", ({ journal }) => journal.length === 2);
// operate
const running = await mesh.sagas.list({ name: "approval", state: "running" });
for (const { key, version, startedAt } of running) console.log(key, version, Date.now() - startedAt > 60_000);

await mesh.sagas.signal("rollout", "2", "waive", { by: "bob" }); // true: it was running
await mesh.sagas.cancel("approval", "3", "opened by mistake"); // its compensations follow
// end operate
await until("rollout", "2", ({ state }) => state === "completed");
await until("approval", "3", ({ state }) => state === "cancelled");
// get
const found = await mesh.sagas.get("approval", "3");
console.log(found?.state, found?.error?.message);
for (const entry of found?.journal ?? []) console.log(JSON.stringify(entry));
// end get
await mesh.stop();

async function until(name: string, key: string, is: (found: SagaHistory) => boolean): Promise<void> {
  for (;;) {
    const found = await mesh.sagas.get(name, key);
    if (found && is(found)) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
