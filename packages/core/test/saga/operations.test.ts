import { retry, type Saga, saga } from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, test } from "vitest";
import { built, newSite, until } from "./support.js";

const digest = "sha256:1";
const never = retry({ immediate: 0 });

const failing = (work: () => unknown, after: () => unknown = () => undefined): Saga =>
  saga("failing", { startedBy: built, key: (event) => event.data.digest }, async (run) => {
    await run.step("first", () => "first");
    const value = await run.step("second", work, { retry: never });
    after();
    return value;
  });

test("a step that failed is tried again when an operator says so", async () => {
  const site = newSite();
  let works = false;
  const mesh = await site.start([
    failing(() => {
      if (!works) throw new Error("not yet");
      return "done";
    }),
  ]);
  await mesh.publish(built.type, { digest });
  const { error } = await until(site, mesh, ["failing", digest], "failed");
  expect(error).toMatchObject({ code: "SAGA_STEP_FAILED", message: 'Step "second" has failed: not yet' });
  works = true;
  expect(await mesh.sagas.retry("failing", digest)).toBe(true);
  const { value, journal } = await until(site, mesh, ["failing", digest], "completed");
  expect(value).toBe("done");
  expect(journal.map(({ kind }) => kind)).toEqual(["step", "step", "end"]);
});

test("code that failed runs again, behind what was done", async () => {
  const site = newSite();
  let works = false;
  let done = 0;
  const mesh = await site.start([
    failing(
      () => ++done,
      () => {
        if (!works) throw new TypeError("a mistake");
      },
    ),
  ]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["failing", digest], "failed");
  works = true;
  await mesh.sagas.retry("failing", digest);
  expect(await until(site, mesh, ["failing", digest], "completed")).toMatchObject({ value: 1 });
});

test("what runs, or has completed, is not tried again", async () => {
  const site = newSite();
  const mesh = await site.start([failing(() => "done")]);
  expect(await mesh.sagas.retry("failing", digest)).toBe(false);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["failing", digest], "completed");
  await expect(mesh.sagas.retry("failing", digest)).rejects.toMatchObject({ code: "SAGA_NOT_RETRYABLE" });
  expect(() => mesh.sagas.cancel("another", digest)).toThrow(
    expect.objectContaining({ code: "SAGA_UNKNOWN" }),
  );
});

test("instances are listed by key and by state, and forgotten after their retention", async () => {
  const site = newSite();
  const kept = saga(
    "kept",
    { startedBy: built, key: (event) => event.data.digest, retention: "1h" },
    async (run, start) => {
      if (start.data.branch === "main") await run.sleep("30d");
    },
  );
  const mesh = await site.start([kept], { sagas: { poll: "10m" } });
  for (const [one, branch] of [
    ["b", "main"],
    ["a", "x"],
    ["c", "x"],
  ] as const)
    await mesh.publish(built.type, { digest: one, branch });
  await until(site, mesh, ["kept", "c"], "completed");
  const keys = async (query = {}): Promise<string[]> =>
    (await mesh.sagas.list({ name: "kept", ...query })).map(({ key }) => key);
  expect(await keys()).toEqual(["a", "b", "c"]);
  expect(await keys({ state: "running" })).toEqual(["b"]);
  expect(await keys({ state: "completed", limit: 1 })).toEqual(["a"]);
  expect(await keys({ after: "a" })).toEqual(["b", "c"]);
  await site.clock.advance("2h");
  await eventually("those that ended are gone", async () => (await keys()).join() === "b");
  expect(await mesh.sagas.get("kept", "a")).toBeUndefined();
});
