import type { GroupReport } from "@meshwright/core";
import { expect, test } from "vitest";
import { groups } from "../src/groups.js";
import { drained, notEmpty } from "../src/run/observe.js";

function report(group: string, lag: number): GroupReport {
  return { channel: "c", group, lag, inFlight: 0, delayed: 0, deadLetters: 0, oldestUnsettledAt: undefined };
}

const reports = (lag: number): GroupReport[] => groups.map(({ name }) => report(name, lag));

test("waits until every group is empty", async () => {
  const lags = [2, 1, 0];
  expect(await drained(() => Promise.resolve(notEmpty(reports(lags.shift() ?? 0))), 10_000)).toEqual([]);
  expect(lags).toEqual([]);
});

test("a group that does not become empty is stuck", async () => {
  const stuck = notEmpty([report("slow", 3), ...reports(0).slice(1)]);
  expect(await drained(() => Promise.resolve(stuck), 0)).toEqual([expect.stringContaining('"group":"slow"')]);
});

test("a group that is missing is not empty", () => {
  expect(notEmpty(reports(0).slice(1))).toEqual(["1 groups do not exist"]);
});
