import { createMesh, defineCatalog, defineEvent, retry } from "@meshwright/core";
import { sqliteBroker } from "@meshwright/sqlite";

const artifactPublished = defineEvent("com.acme.artifact.published.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
});
const scanFinished = defineEvent("com.acme.scan.finished.v1", {
  schema: {
    type: "object",
    required: ["digest", "critical"],
    properties: { digest: { type: "string" }, critical: { type: "integer", minimum: 0 } },
  },
});
const catalog = defineCatalog([artifactPublished, scanFinished]);

await using mesh = createMesh({
  service: "security-scan",
  catalog,
  broker: sqliteBroker({ path: process.argv[2] ?? "events.db" }), // or memoryBroker()
});

mesh.on("com.acme.artifact.published.v1", { retry: retry({ delayed: ["1s", "1m"] }) }, async (event, ctx) => {
  ctx.publish("com.acme.scan.finished.v1", { digest: event.data.digest, critical: 0 }, { subject: "web" });
});
const scanned = new Promise((resolve) => {
  mesh.on("com.acme.scan.*", { name: "report", where: { subject: [{ prefix: "w" }] } }, (event) => {
    console.log(`${event.data.digest}: ${event.data.critical} critical, because of ${event.causationid}`);
    resolve(event);
  });
});

await mesh.start();
await mesh.publish("com.acme.artifact.published.v1", { digest: "sha256:5f0c9e2b" });
await scanned;
