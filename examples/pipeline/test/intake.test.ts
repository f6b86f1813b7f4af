import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signGitHub } from "@meshwright/cdevents";
import { BrokerError, silentLogger } from "@meshwright/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import { realPayloads } from "../src/demo/payloads.js";
import { Deliveries } from "../src/gateway/deliveries.js";
import { intake, type Webhook } from "../src/gateway/intake.js";

const secret = "a secret of this test";
const body = Buffer.from(
  JSON.stringify(
    realPayloads()
      .get("issues")
      ?.find(({ action }) => action === "opened"),
  ),
);
const webhook: Webhook = { event: "issues", delivery: "d", signature: signGitHub({ secret, body }), body };

let folder: string;
let deliveries: Deliveries;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshwright-intake-"));
  deliveries = await Deliveries.open(join(folder, "deliveries"));
});
afterEach(async () => {
  await deliveries.close();
  await rm(folder, { recursive: true, force: true });
});

it.each([
  [503, new BrokerError("DISK_FULL", "There is no room.", { retryable: true })],
  [500, new Error("a defect")],
])("answers %i where publishing fails, and takes the same delivery later", async (status, error) => {
  let broken = true;
  const published: string[][] = [];
  const publish = async (events: readonly { readonly context: { readonly id: string } }[]): Promise<void> => {
    published.push(events.map(({ context }) => context.id));
    if (broken) throw error;
  };
  const take = intake({ secret, deliveries, publish, logger: silentLogger });
  expect(await take(webhook)).toMatchObject({ status, outcome: "unavailable" });
  broken = false;
  expect(await take(webhook)).toMatchObject({ status: 202, outcome: "published", events: 1 });
  expect(await take(webhook)).toMatchObject({ status: 202, outcome: "duplicate" });
  expect(published).toEqual([published[0], published[0]]);
});

it("answers only once the broker has confirmed", async () => {
  let confirm = (): void => undefined;
  const confirmed = new Promise<void>((resolve) => {
    confirm = resolve;
  });
  const take = intake({ secret, deliveries, publish: () => confirmed, logger: silentLogger });
  let answered = false;
  const answer = take(webhook).finally(() => {
    answered = true;
  });
  // Lines are written in the order they come: were the delivery written too early, it would be by now.
  for (const other of ["a", "b"]) await deliveries.add(other);
  expect([answered, deliveries.has("d")]).toEqual([false, false]);
  confirm();
  expect(await answer).toMatchObject({ status: 202, outcome: "published" });
  expect(deliveries.has("d")).toBe(true);
});
