import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { rollCall } from "../src/run/calm.js";
import { startMember } from "../src/run/crew.js";
import { type Fleet, startFleet } from "../src/run/fleet.js";
import { leave } from "../src/run/leave.js";

const programs = {
  loyal: `process.on("message", (message) => message === "stop" ? process.exit() : process.send("alive")); process.send("ready");`,
  quitter: `process.send("ready", () => process.exit(1));`,
};
type Kind = keyof typeof programs;

async function fleetOf(...crew: readonly (readonly [Kind, number])[]): Promise<Fleet<Kind>> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-fleet-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const fleet = await startFleet<Kind>({
    crew,
    start: async (role, name) => {
      const program = join(folder, `${role}.mjs`);
      await writeFile(program, programs[role]);
      return startMember({ role, name, program, server: undefined, settings: () => ({}) });
    },
  });
  onTestFinished(() => fleet[Symbol.asyncDispose]());
  return fleet;
}

test("who ends by himself is told, also when nobody looks at him any more", async () => {
  const fleet = await fleetOf(["loyal", 1], ["quitter", 1]);
  await eventually("one is gone", () => fleet.fallen().length > 0, { deadlineMs: 60_000 });
  const [quitter] = fleet.members("quitter");
  if (quitter !== undefined) fleet.remove(quitter);
  expect(fleet.fallen()).toEqual(["quitter-2 ended by itself"]);
});

test("who has fallen does not hold up the roll call", async () => {
  const fleet = await fleetOf(["loyal", 1], ["quitter", 1]);
  await eventually("one is gone", () => fleet.fallen().length > 0, { deadlineMs: 60_000 });
  expect(await rollCall(fleet)).toEqual([]);
});

test("who is asked to leave, or killed, has not fallen", async () => {
  const fleet = await fleetOf(["loyal", 2]);
  const [first, second] = fleet.members();
  if (first === undefined || second === undefined) throw new Error("There should be two.");
  expect(await leave(first)).toBe(true);
  second.signal("SIGKILL");
  await second.gone;
  expect(fleet.fallen()).toEqual([]);
});
