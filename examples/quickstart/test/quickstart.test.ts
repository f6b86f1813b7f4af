import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";

const program = (name: string) => fileURLToPath(new URL(`../src/${name}`, import.meta.url));
const fromSources = ["--conditions=@meshwright/source", "--import", "tsx"];

it("runs as the README shows it, twice on one file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-quickstart-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (let run = 0; run < 2; run++) {
    const args = [...fromSources, program("main.ts"), join(folder, "events.db")];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(/^sha256:5f0c9e2b: 0 critical, because of [0-9a-f-]{36}\n$/);
  }
});

it("runs in memory, as the README of core shows it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, program("memory.ts")]);
  expect(stdout).toBe("scanning sha256:1\n");
});

it("publishes and handles in transactions, as the guide to stores shows it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, program("outbox.ts")]);
  expect(stdout).toBe("deploying sha256:1\n0 forgotten, 0 refused\n");
});

it("decides, reads and archives streams, as the guide to streams shows it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, program("streams.ts")]);
  expect(stdout.split("\n")).toEqual([
    "version 2: 1 approval",
    "1 com.acme.release.opened.v1",
    "2 com.acme.release.approved.v1",
    "1 release/42",
    "2 release/42",
    "true",
    "",
  ]);
});

it("keeps a read model, as the guide to projections shows it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, program("projection.ts")]);
  expect(stdout).toBe("the big one: approved by ann\nrelease/42 1\nreleases 1 live 0 undefined\n");
});

it("keeps a read model in tables, as the guide to projections shows it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-quickstart-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const args = [...fromSources, program("projection-tables.ts"), join(folder, "releases.db")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toBe('[{"who":"ann","times":2},{"who":"bob","times":1}]\n');
});

it("runs sagas, as their guide shows it", async () => {
  const args = [...fromSources, program("saga/main.ts")];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.replace(/"due":\d+/, '"due":0').split("\n")).toEqual([
    "release 1 waits for approval",
    "1: 10 %",
    "1: 100 %",
    "release 3 waits for approval",
    "3 1 false",
    "2: 10 %",
    "2: 100 %",
    "cancelled The saga was cancelled: opened by mistake.",
    '{"command":0,"kind":"step","name":"announce"}',
    '{"command":1,"kind":"waiting","name":"com.acme.release.approved.v1","due":0}',
    '{"kind":"cancel","reason":"opened by mistake"}',
    '{"kind":"end","state":"cancelled","error":{"code":"SAGA_CANCELLED","message":"The saga was cancelled: opened by mistake."}}',
    "",
  ]);
});

it("tells DORA metrics, as their guide shows it", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, program("dora.ts")]);
  expect(stdout).toBe("2026-W14 1 1 3600000 1200000\n");
});
