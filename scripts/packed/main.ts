// An application as a user writes it, against the packed packages. check.mjs compiles it once as ESM, once as CommonJS.
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as cdevents from "@meshwright/cdevents";
import {
  BrokerError,
  createMesh,
  defineCatalog,
  defineEvent,
  MeshError,
  type MeshEvent,
  memoryBroker,
} from "@meshwright/core";
import {
  BrokerError as AdapterBrokerError,
  MeshError as AdapterMeshError,
  type Broker,
} from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";
import { forkBroker, virtualClock } from "@meshwright/testing";

const built = defineEvent("com.acme.artifact.built.v1", {
  schema: {
    type: "object",
    required: ["digest"],
    properties: { digest: { type: "string" } },
    additionalProperties: false,
  },
});
const catalog = defineCatalog([built]);

async function passOne(broker: Broker): Promise<void> {
  const mesh = createMesh({ service: "consumer", catalog, broker });
  const arrived = new Promise<MeshEvent>((resolve) => {
    mesh.on("com.acme.artifact.built.v1", async (event) => {
      const digest: string = event.data.digest;
      assert.equal(digest, "sha256:1");
      resolve(event);
    });
  });
  await mesh.start();
  const sent = await mesh.publish("com.acme.artifact.built.v1", { digest: "sha256:1" });
  assert.equal((await arrived).id, sent.id);
  // @ts-expect-error a payload of another shape does not compile, and is refused when forced
  await assert.rejects(mesh.publish("com.acme.artifact.built.v1", { digset: "sha256:1" }), MeshError);
  await mesh.stop();
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "consumer-"));
  try {
    // A class is the same through both doors, so that what an adapter throws is caught by its name.
    assert.equal(AdapterMeshError, MeshError);
    assert.equal(AdapterBrokerError, BrokerError);
    await assert.rejects(passOne(sqliteBroker({ path: join(folder, "missing", "mesh.db") })), MeshError);
    await passOne(memoryBroker());
    await passOne(sqliteBroker({ path: join(folder, "mesh.db") }));
    assert.ok(Object.keys(cdevents).length > 0);
    assert.equal(typeof virtualClock, "function");
    const forked = await forkBroker({
      module: join(process.cwd(), "dist", "adapter.js"),
      options: { path: join(folder, "forked.db") },
    });
    assert.equal(forked.name, "sqlite");
    await forked.kill();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
