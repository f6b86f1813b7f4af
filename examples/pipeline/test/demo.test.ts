import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const demo = fileURLToPath(new URL("../src/demo.ts", import.meta.url));
const fromSources = ["--conditions=@meshwright/source", "--import", "tsx"];

it("ends with nothing lost, duplicated or out of order, and with a change that was deployed", async () => {
  // Rejects where the exit code is not 0.
  const { stdout } = await promisify(execFile)(process.execPath, [...fromSources, demo, "--seed", "1"]);
  const number = (name: string): number =>
    Number(new RegExp(`^ {2}${name} +(\\d+)`, "m").exec(stdout)?.[1] ?? Number.NaN);
  expect(stdout).toContain("SIGKILL to the scanner, which held ");
  expect(stdout).toContain("SIGKILL to the release service");
  expect(stdout).toContain("SIGKILL to the gateway");
  expect(stdout).toContain("scanner: SCAN_FORMAT_UNKNOWN");
  for (const name of ["lost", "duplicated", "out of order", "wrong answers"])
    expect([name, number(name)]).toEqual([name, 0]);
  for (const name of [
    "received",
    "translated",
    "ignored",
    "refused",
    "recognised repeats",
    "audit",
    "scanner",
    "release",
  ])
    expect([name, number(name) > 0]).toEqual([name, true]);
  const steps = [
    "change.created",
    "change.merged",
    "pipelinerun.finished",
    "artifact.packaged",
    "scan.finished",
    "service.deployed",
  ];
  expect(stdout).toMatch(new RegExp(steps.map((step) => `${step.replace(".", "\\.")} .*`).join("[^]*")));
}, 180_000);
