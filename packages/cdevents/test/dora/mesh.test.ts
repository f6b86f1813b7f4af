import {
  createMesh,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryServer,
  memoryStore,
  typed,
} from "@meshwright/core";
import { describe, expect, it } from "vitest";
import {
  cdevent,
  cdeventsCatalog,
  doraMetrics,
  doraReport,
  type ServiceContent,
  serviceDeployed,
} from "../../src/index.js";
import { deployed } from "./events.js";

describe("doraMetrics in a mesh", () => {
  it("makes an event without a timestamp a dead letter, and counts the others", async () => {
    const server = memoryServer();
    const store = memoryStore();
    await using mesh = createMesh({
      service: "metrics",
      catalog: cdeventsCatalog,
      broker: memoryBroker({ server }),
      store,
    });
    const dora = mesh.projection(doraMetrics({ name: "dora", version: 7 }));
    await mesh.start();
    const unchecked = defineCatalog([defineEvent(serviceDeployed.type)]);
    await using foreign = createMesh({
      service: "old",
      catalog: unchecked,
      broker: memoryBroker({ server }),
    });
    await foreign.start();
    const [timeless, right] = [
      deployed("2026-03-30 12:00", "shop", "pkg:oci/shop@1"),
      deployed("2026-03-31 12:00", "shop", "pkg:oci/shop@2"),
    ];
    const { timestamp: _, ...context } = timeless.context;
    await foreign.publish(serviceDeployed.type, { ...timeless, context });
    await foreign.publish(serviceDeployed.type, right);
    await dora.caughtUp();

    expect(await doraReport(dora.documents)).toMatchObject([{ week: "2026-W14", deployments: 1 }]);
    const letters = [];
    for await (const { reason, event } of mesh.deadLetters("metrics.dora.v1007"))
      letters.push([reason, event?.data]);
    expect(letters).toEqual([["invalid", { ...timeless, context }]]);
  });
});

/** What CDEvents 0.4 says of a deployment, as far as this test needs it. */
interface DeployedOf04 {
  readonly context: {
    readonly version: string;
    readonly id: string;
    readonly source: string;
    readonly timestamp: string;
  };
  readonly subject: { readonly id: string; readonly type: "service"; readonly content: ServiceContent };
}

it("counts events of CDEvents 0.4 where the catalog of the mesh lifts them", async () => {
  const deployedOf04 = defineEvent("dev.cdevents.service.deployed.0.2.0", {
    schema: typed<DeployedOf04>({ type: "object" }),
  });
  const catalog = defineCatalog([cdeventsCatalog, deployedOf04]).upcast(
    deployedOf04.type,
    serviceDeployed.type,
    ({ context: { id, source, timestamp }, subject }) =>
      cdevent(serviceDeployed, {
        id,
        source,
        timestamp,
        subject: { id: subject.id, content: subject.content },
      }),
  );
  await using mesh = createMesh({
    service: "metrics",
    catalog,
    broker: memoryBroker(),
    store: memoryStore(),
  });
  const dora = mesh.projection(doraMetrics());
  await mesh.start();
  const content = { environment: { id: "production" }, artifactId: "pkg:oci/shop@1" };
  const context = { version: "0.4.1", id: "1", source: "/tekton", timestamp: "2026-03-30T12:00:00Z" };
  await mesh.publish(deployedOf04.type, { context, subject: { id: "shop", type: "service", content } });
  await dora.caughtUp();
  expect(await doraReport(dora.documents)).toMatchObject([
    { service: "shop", week: "2026-W14", deployments: 1 },
  ]);
});
