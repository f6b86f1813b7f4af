import { createMesh, memoryBroker } from "@meshwright/core";
import { expect, it, vi } from "vitest";
import { cdeventsCatalog, customText, toPublish, translateGitHub } from "../src/index.js";
import { cloudEventOf, deliveries } from "./examples.js";

it("a mesh carries every event that the real payloads become, with the attributes of the binding", async () => {
  const events = deliveries.flatMap((delivery) => {
    const translation = translateGitHub(delivery);
    return translation.outcome === "translated" ? translation.events : [];
  });
  const received = new Map<string, object>();
  const shas: (string | undefined)[] = [];
  const mesh = createMesh({ service: "gateway", catalog: cdeventsCatalog, broker: memoryBroker() });
  mesh.on("dev.cdevents.change.*", (event) => {
    shas.push(customText(event.data, "headSha"));
  });
  mesh.on(["dev.cdevents.**", "dev.cdeventsx.**"], { name: "audit" }, (event) => {
    received.set(event.id, event);
  });
  await mesh.start();
  for (const event of events) {
    const { type, data, options } = toPublish(event);
    await mesh.publish(type, data, options);
  }
  const changes = events.filter(({ context }) => context.type.startsWith("dev.cdevents.change."));
  await vi.waitFor(
    () => expect([received.size, shas.length]).toEqual([events.length, changes.length]),
    10_000,
  );
  await mesh.stop();

  for (const event of events) expect(received.get(event.context.id)).toMatchObject(cloudEventOf(event));
  expect(shas).toEqual(changes.map((change) => customText(change, "headSha")));
});
