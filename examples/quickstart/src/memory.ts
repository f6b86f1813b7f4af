import { createMesh, defineCatalog, defineEvent, memoryBroker } from "@meshwright/core";

const artifactBuilt = defineEvent("com.acme.artifact.built.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
});

const mesh = createMesh({
  service: "security-scan",
  catalog: defineCatalog([artifactBuilt]),
  broker: memoryBroker(),
});

const scanned = new Promise<void>((resolve) => {
  mesh.on("com.acme.artifact.built.v1", async (event) => {
    console.log(`scanning ${event.data.digest}`); // typed
    resolve();
  });
});

await mesh.start();
await mesh.publish("com.acme.artifact.built.v1", { digest: "sha256:1" });
await scanned;
await mesh.stop();
