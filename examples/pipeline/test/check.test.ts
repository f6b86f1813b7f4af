import { changeMerged, pipelineRunFinished } from "@meshwright/cdevents";
import { expect, it } from "vitest";
import type { AuditRow } from "../src/audit/store.js";
import { scanFinished } from "../src/catalog.js";
import { check, type Evidence } from "../src/demo/check.js";
import { groups } from "../src/demo/promises.js";
import type { JournalLine } from "../src/service/journal.js";

const packaged = "dev.cdevents.artifact.packaged.0.3.0";
const deployed = "dev.cdevents.service.deployed.0.3.0";
const updated = "dev.cdevents.change.updated.0.3.0";

interface Told {
  readonly id: string;
  readonly type: string;
  readonly key: string;
  readonly cause?: string;
  readonly data?: unknown;
}

const inChain = (content: object = {}) => ({ context: { chainId: "c1" }, subject: { id: "s", content } });

/** A run in which everything is as it must be: two updates of a change, then its way into production. */
const told: readonly Told[] = [
  { id: "u1", type: updated, key: "pull/1", data: inChain() },
  { id: "u2", type: updated, key: "pull/1", data: inChain() },
  { id: "m", type: changeMerged.type, key: "pull/1", data: inChain() },
  { id: "r", type: pipelineRunFinished.type, key: "run/1", data: inChain({ outcome: "success" }) },
  { id: "p", type: packaged, key: "pkg", cause: "r", data: inChain() },
  { id: "s", type: scanFinished.type, key: "pkg", cause: "p", data: { critical: 0 } },
  { id: "d", type: deployed, key: "service", cause: "s", data: inChain() },
];

function rowOf({ id, type, key, cause, data }: Told): AuditRow {
  const causationid = cause === undefined ? {} : { causationid: cause };
  return {
    channel: "events",
    key,
    event: { specversion: "1.0", source: "/s", id, type, data, ...causationid },
  };
}

function lineOf(group: string, { id, type, key }: Told): JournalLine {
  return { group, key, source: "/s", id, type, attempt: 1, outcome: "handled" };
}

function evidence(): Evidence {
  return {
    confirmed: told
      .filter(({ cause }) => cause === undefined)
      .map(({ id, key }, index) => ({ source: "/s", id, key, began: 2 * index, confirmed: 2 * index + 1 })),
    audited: told.map(rowOf),
    journal: Object.entries(groups).flatMap(([group, wants]) =>
      told.filter(({ type }) => wants(type)).map((event) => lineOf(group, event)),
    ),
    dead: [],
  };
}

const without = (rows: readonly AuditRow[], id: string) => rows.filter(({ event }) => event.id !== id);

it("finds nothing where everything is as it must be", () => {
  expect(check(evidence())).toEqual({ lost: [], duplicated: [], misordered: [] });
});

it.each([
  ["u1", ["/s u1 in audit"]],
  ["p", ["the package of commit chain c1"]],
  ["s", [`a scan because of ${packaged} p`]],
  ["d", [`a deployment because of ${scanFinished.type} s`]],
])("finds that %s was not stored", (id, lost) => {
  const { audited, ...rest } = evidence();
  expect(check({ ...rest, audited: without(audited, id) }).lost).toEqual(lost);
});

it.each([
  ["audit", "u2"],
  ["scanner", "p"],
  ["release", "s"],
])("finds that %s did not handle %s", (group, id) => {
  const { journal, ...rest } = evidence();
  const kept = journal.filter((line) => line.group !== group || line.id !== id);
  expect(check({ ...rest, journal: kept }).lost).toEqual([`/s ${id} in ${group}`]);
});

it("takes a dead letter for accounted for, and expects nothing to follow from it", () => {
  const { journal, audited, ...rest } = evidence();
  const found = check({
    ...rest,
    audited: without(without(audited, "s"), "d"),
    journal: journal.filter(({ group, id }) => group !== "scanner" || id !== "p"),
    dead: [{ group: "scanner", source: "/s", id: "p" }],
  });
  expect(found).toEqual({ lost: [], duplicated: [], misordered: [] });
});

it("finds a row that is stored twice", () => {
  const { audited, ...rest } = evidence();
  const found = check({ ...rest, audited: [...audited, ...audited.slice(0, 1)] });
  expect(found.duplicated).toEqual(['["/s","u1"] is stored twice']);
});

it("finds an effect that happened twice under two ids", () => {
  const { audited, journal, ...rest } = evidence();
  const again = { id: "s2", type: scanFinished.type, key: "pkg", cause: "p", data: { critical: 1 } };
  const found = check({
    ...rest,
    audited: [...audited, rowOf(again)],
    journal: [...journal, lineOf("audit", again), lineOf("release", again)],
  });
  expect(found).toMatchObject({
    lost: [],
    duplicated: [`a scan because of ${packaged} p, more than once`],
    misordered: [],
  });
});

it("finds an event that nothing accounts for", () => {
  const { audited, journal, ...rest } = evidence();
  const stray = { id: "x", type: updated, key: "pull/9" };
  const found = check({
    ...rest,
    audited: [...audited, rowOf(stray)],
    journal: [...journal, lineOf("audit", stray)],
  });
  expect(found.duplicated).toEqual(["/s x has no cause"]);
});

it("finds events of a key that were stored in another order than they were sent", () => {
  const { audited, journal, ...rest } = evidence();
  const [first, second, ...others] = audited;
  if (first === undefined || second === undefined) throw new Error("too few rows");
  const found = check({ ...rest, journal, audited: [second, first, ...others] });
  expect(found.misordered).toContain("/s u2 is stored before /s u1");
});

it("leaves the order of deliveries open that were under way at one time", () => {
  const { confirmed, ...rest } = evidence();
  const [first, second, ...others] = rest.audited;
  if (first === undefined || second === undefined) throw new Error("too few rows");
  const swapped = rest.journal.toSorted((a, b) => Number(b.id === "u2") - Number(a.id === "u2"));
  const atOnce = confirmed.map((event) => ({ ...event, began: 0 }));
  const found = check({ ...rest, confirmed: atOnce, journal: swapped, audited: [second, first, ...others] });
  expect(found.misordered).toEqual([]);
});

it("finds events of a key that a group handled in another order than they were stored", () => {
  const { journal, ...rest } = evidence();
  const swapped = journal.toSorted((a, b) => Number(b.id === "u2") - Number(a.id === "u2"));
  expect(check({ ...rest, journal: swapped }).misordered).toEqual(["/s u1 was handled late by audit"]);
});

it("does not mind what was handled again later", () => {
  const { journal, ...rest } = evidence();
  const again = check({ ...rest, journal: [...journal, ...journal.slice(0, 2)] });
  expect(again).toEqual({ lost: [], duplicated: [], misordered: [] });
});
