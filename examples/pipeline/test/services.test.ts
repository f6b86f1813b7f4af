import { appendFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { changeMerged, pipelineRunFinished } from "@meshwright/cdevents";
import type { MeshEvent } from "@meshwright/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { AuditStore } from "../src/audit/store.js";
import { type CommitEvent, Commits } from "../src/release/commits.js";
import { scan } from "../src/scanner/scan.js";
import { AppendLog } from "../src/service/append-log.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "meshwright-services-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("a log", () => {
  it("keeps the order of what is appended at once", async () => {
    const { log } = await AppendLog.open(join(folder, "log"));
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
    await Promise.all(lines.map((line) => log.append(line)));
    await log.close();
    expect((await AppendLog.open(join(folder, "log"))).lines).toEqual(lines);
  });

  it("drops the line that a crash cut short, and goes on after the last whole one", async () => {
    const path = join(folder, "log");
    await appendFile(path, "whole\nhal");
    const { log, lines } = await AppendLog.open(path);
    await log.append("next");
    await log.close();
    expect(lines).toEqual(["whole"]);
    expect(await readFile(path, "utf8")).toBe("whole\nnext\n");
  });
});

describe("the audit's store", () => {
  const event = (source: string, id: string): MeshEvent => ({
    specversion: "1.0",
    source,
    id,
    type: "t",
    data: {},
  });
  const rowOf = (source: string, id: string) => ({ channel: "c", key: "k", event: event(source, id) });

  it("keeps one event once, also over a restart, and tells ids of different sources apart", async () => {
    const path = join(folder, "audit");
    const store = await AuditStore.open(path);
    expect(await store.add(rowOf("/a", "1"))).toBe("stored");
    expect(await store.add(rowOf("/b", "1"))).toBe("stored");
    expect(await store.add(rowOf("/a", "1"))).toBe("known");
    await store.close();
    const again = await AuditStore.open(path);
    expect(await again.add(rowOf("/b", "1"))).toBe("known");
    await again.close();
    expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(2);
  });
});

describe("the release service's commits", () => {
  const of = (type: string, content: object): CommitEvent => {
    const context = { chainId: "c", source: "https://github.com/acme/shop" };
    const data = { context, subject: { id: "acme/shop/pull/1", content }, customData: { mergeSha: "abc" } };
    return { specversion: "1.0", source: context.source, id: "1", type, data } as unknown as CommitEvent;
  };
  const merged = of(changeMerged.type, { repository: { id: "acme/shop" } });
  const green = of(pipelineRunFinished.type, { outcome: "success" });
  const red = of(pipelineRunFinished.type, { outcome: "failure" });

  it.each([
    ["merged, then green", [merged, green]],
    ["green, then merged", [green, merged]],
    ["red, then merged, then green", [red, merged, green]],
  ])("may be released once %s", (_order, events) => {
    const commits = new Commits();
    const folded = events.map((event) => commits.fold(event)?.artifactId);
    expect(folded.slice(0, -1)).toEqual(events.slice(1).map(() => undefined));
    expect(folded.at(-1)).toBe("pkg:github/acme/shop@abc");
    expect(commits.of("pkg:github/acme/shop@abc")?.changeId).toBe("acme/shop/pull/1");
  });

  it("may not be released where the pipeline failed", () => {
    const commits = new Commits();
    expect([merged, red].map((event) => commits.fold(event))).toEqual([undefined, undefined]);
    expect(commits.of("pkg:github/acme/shop@abc")).toBeUndefined();
  });
});

describe("a scan", () => {
  const request = { attempt: 2, formats: new Set(["npm"]), signal: new AbortController().signal };

  it("finds the same in the same artifact", async () => {
    const artifactId = "pkg:npm/cart@1.0.0";
    expect(await scan({ ...request, artifactId })).toEqual(await scan({ ...request, artifactId }));
  });

  it("gives up at once on what it cannot read", async () => {
    const refused = scan({ ...request, artifactId: "pkg:docker/acme/shop@1" });
    await expect(refused).rejects.toMatchObject({ name: "TerminalError", code: "SCAN_FORMAT_UNKNOWN" });
  });
});
