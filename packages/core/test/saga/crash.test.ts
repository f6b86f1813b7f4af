/** A crash anywhere makes no difference: what came early is there, and ids and keys are those of one run alone. */
import { saga } from "@meshwright/core";
import { everyCrash, sagaHarness } from "@meshwright/testing";
import { expect, test } from "vitest";
import { built, catalog, released, scanFinished } from "./support.js";

const digest = "sha256:1";
const key = (event: { readonly data: { readonly digest: string } }): string => event.data.digest;

const scanning = (times: number) =>
  saga("scanning", { startedBy: built, key, events: [scanFinished] }, async (run, start) => {
    const where = { data: { digest: start.data.digest } };
    const seen: (number | undefined)[] = [];
    for (let at = 0; at < times; at++)
      seen.push((await run.waitFor(scanFinished, { where, timeout: "1h" }))?.data.critical);
    return seen;
  });

test("an event that came before anybody had waited so is found, wherever the process dies", async () => {
  const { crashes } = await everyCrash(scanning(1), { catalog }, async (harness) => {
    await harness.given(scanFinished, { digest, critical: 3 });
    await harness.given(built, { digest });
    expect(await harness.instance(digest)).toMatchObject({ value: [3] });
  });
  expect(crashes).toBeGreaterThan(4);
});

test("events of one moment are found in the order in which they came", async () => {
  await using harness = await sagaHarness(scanning(6), { catalog });
  for (let critical = 1; critical <= 6; critical++) await harness.given(scanFinished, { digest, critical });
  await harness.given(built, { digest });
  expect(await harness.instance(digest)).toMatchObject({ value: [1, 2, 3, 4, 5, 6] });
});

test("a key that is used again, after its retention, has other ids and idempotency keys", async () => {
  const short = saga("short", { startedBy: built, key, retention: "1m" }, async (run, start) => {
    await run.step("one", () => 1);
    await run.publish(released, { digest: start.data.digest });
  });
  await using harness = await sagaHarness(short, { catalog });
  for (let times = 0; times < 2; times++) {
    await harness.given(built, { digest });
    await harness.skip("5m");
  }
  expect(new Set(harness.steps.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  expect(new Set(harness.published.map(({ id }) => id)).size).toBe(2);
});
