/** The real payloads, and what the tests check about every event. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { formatEvent, type MeshEvent, parseEvent } from "@meshwright/core";
import { expect } from "vitest";
import { type CdEvent, cdeventsCatalog, type GitHubDelivery, toPublish } from "../src/index.js";

interface ExampleFile {
  readonly name: string;
  readonly examples: readonly Payload[];
}

export type Payload = { readonly [key: string]: unknown };

const file = createRequire(import.meta.url).resolve("@octokit/webhooks-examples");
const webhooks = JSON.parse(readFileSync(file, "utf8")) as readonly ExampleFile[];

/** Every example as a delivery with an id of its own. */
export const deliveries: readonly (GitHubDelivery & { readonly payload: Payload })[] = webhooks.flatMap(
  ({ name, examples }) =>
    examples.map((payload, index) => ({ event: name, delivery: `${name}-${index}`, payload })),
);

/** The first example of a webhook, with other values in it. */
export function example(event: string, change: (payload: Draft) => void): GitHubDelivery {
  const found = deliveries.find((delivery) => delivery.event === event);
  if (found === undefined) throw new Error(`there is no example of ${event}`);
  const payload = structuredClone(found.payload) as Draft;
  change(payload);
  return { event, delivery: "8c1f5a3e-demo", payload };
}

// biome-ignore lint/suspicious/noExplicitAny: payloads and events are bent into wrong shapes on purpose
export type Draft = any;

/** The CloudEvent that carries a CDEvent. */
export function cloudEventOf(event: CdEvent): MeshEvent {
  const { type, data, options } = toPublish(event);
  return { specversion: "1.0", type, data, ...options };
}

/** A CDEvent must fit its schema, and survive the codec as a valid CloudEvent. */
export async function expectValid(event: CdEvent): Promise<void> {
  await cdeventsCatalog.compile();
  const cloudEvent = cloudEventOf(event);
  expect(cdeventsCatalog.validate(cloudEvent)).toMatchObject({ ok: true });
  expect(parseEvent(formatEvent(cloudEvent))).toEqual(cloudEvent);
}
