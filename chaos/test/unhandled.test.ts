import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { groups } from "../src/groups.js";
import { openLedger } from "../src/ledger.js";
import { Unhandled } from "../src/run/unhandled.js";

test("what is confirmed is left until each group has ended it; ledgers that grow are read on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-ledgers-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const unhandled = new Unhandled(folder);
  expect(await unhandled.look()).toEqual([]);
  const publisher = openLedger(folder, "publisher-1");
  const ids = Array.from({ length: 5_000 }, (_, index) => `publisher-1-0#${index}`);
  for (const id of ids) publisher({ kind: "confirmed", at: 1, askedAt: 0, ids: [id] });
  expect(await unhandled.look()).toEqual(
    groups.map(({ name }) => `5000 not handled by ${name}, such as publisher-1-0#0`),
  );
  const consumer = openLedger(folder, "consumer-2");
  const [last = ""] = ids.slice(-1);
  for (const { name: group } of groups)
    for (const id of ids)
      consumer({ kind: "ended", at: 2, group, one: [id, 1], outcome: id === last ? "failed" : "ok" });
  expect(await unhandled.look()).toEqual(
    groups.map(({ name }) => `1 not handled by ${name}, such as ${last}`),
  );
  for (const { name: group } of groups)
    consumer({ kind: "ended", at: 3, group, one: [last, 2], outcome: "terminal" });
  expect(await unhandled.look()).toEqual([]);
});
