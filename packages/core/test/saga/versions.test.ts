/** Code changes while instances run: what fits goes on, what does not stands still and says where. */
import { type Run, type Saga, saga } from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, test } from "vitest";
import { approved, built, newSite, type Site, until } from "./support.js";

const digest = "sha256:1";
type Approving = Run<typeof approved>;

const releaseOf = (body: (run: Approving) => Promise<unknown>, version = 1): Saga =>
  saga(
    "release",
    { startedBy: built, key: (event) => event.data.digest, events: [approved], version },
    (run) => body(run),
  );

/** Begins an instance with the code of yesterday, which then waits for an approval. */
async function beginWith(site: Site, yesterday: Saga): Promise<void> {
  const mesh = await site.start([yesterday]);
  await mesh.publish(built.type, { digest });
  await eventually("it waits", async () => {
    const found = await mesh.sagas.get("release", digest);
    return found?.journal.at(-1)?.kind === "waiting";
  });
  await mesh.stop();
}

const before = async (run: Approving): Promise<unknown> => {
  const one = await run.step("one", () => 1);
  await run.waitFor(approved);
  return [one, await run.step("two", () => 2)];
};

test("code that fits goes on where it was", async () => {
  const site = newSite();
  await beginWith(site, releaseOf(before));
  const mesh = await site.start([releaseOf(before)]);
  await mesh.publish(approved.type, { by: "ann" });
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({ value: [1, 2] });
});

test("code that does not fit stands still, names the place, and goes on with code that fits", async () => {
  const site = newSite();
  await beginWith(site, releaseOf(before));
  const other = await site.start([
    releaseOf(async (run) => {
      await run.step("another", () => 0);
      return before(run);
    }),
  ]);
  await other.publish(approved.type, { by: "ann" });
  const { error, journal } = await until(site, other, ["release", digest], "stopped");
  expect(error?.code).toBe("SAGA_JOURNAL_MISMATCH");
  expect(error?.message).toContain('command 0 was step "one", and is now step "another"');
  expect(journal.map(({ kind }) => kind)).toEqual(["step", "waiting"]);
  await other.stop();
  const mesh = await site.start([releaseOf(before)]);
  expect(await mesh.sagas.retry("release", digest)).toBe(true);
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({ value: [1, 2] });
});

test("patched: what is new is done by instances that come there first with the new code, others go on without", async () => {
  const site = newSite();
  await beginWith(site, releaseOf(before));
  const patched = releaseOf(async (run) => {
    const early = run.patched("greet") ? await run.step("greet", () => "hello") : "none";
    const done = await before(run);
    const late = run.patched("part") ? await run.step("part", () => "bye") : "none";
    return [early, done, late, run.patched("greet")];
  });
  const mesh = await site.start([patched]);
  await mesh.publish(built.type, { digest: "sha256:2" });
  await until(site, mesh, ["release", "sha256:2"], "running");
  await site.clock.advance("1s");
  await mesh.publish(approved.type, { by: "ann" });
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({
    value: ["none", [1, 2], "bye", false],
  });
  expect(await until(site, mesh, ["release", "sha256:2"], "completed")).toMatchObject({
    value: ["hello", [1, 2], "bye", true],
  });
});

test("an instance stays with its version; new ones begin with the highest", async () => {
  const site = newSite();
  await beginWith(site, releaseOf(before));
  const second = releaseOf(async (run) => {
    await run.waitFor(approved);
    return "second";
  }, 2);
  const mesh = await site.start([second, releaseOf(before)]);
  await mesh.publish(built.type, { digest: "sha256:2" });
  await until(site, mesh, ["release", "sha256:2"], "running");
  await site.clock.advance("1s");
  await mesh.publish(approved.type, { by: "ann" });
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({
    version: 1,
    value: [1, 2],
  });
  expect(await until(site, mesh, ["release", "sha256:2"], "completed")).toMatchObject({
    version: 2,
    value: "second",
  });
});

test("a function that waits for something else than run ends as failed, and is told why", async () => {
  const site = newSite();
  const mesh = await site.start([releaseOf(() => new Promise(() => undefined))]);
  await mesh.publish(built.type, { digest });
  expect(await until(site, mesh, ["release", digest], "failed")).toMatchObject({
    error: { code: "SAGA_ASTRAY" },
  });
});

test("values are those of the first time", async () => {
  const site = newSite();
  const values = async (run: Approving): Promise<unknown> => {
    const first = [run.now(), run.random(), run.uuid()];
    await run.waitFor(approved);
    return { first, second: [run.now(), run.random(), run.uuid()] };
  };
  await beginWith(site, releaseOf(values));
  const now = site.clock.now();
  await site.clock.advance("1h");
  const mesh = await site.start([releaseOf(values)]);
  await mesh.publish(approved.type, { by: "ann" });
  const { value, journal } = await until(site, mesh, ["release", digest], "completed");
  const kept = journal.flatMap((entry) => (entry.kind === "value" ? [entry.value] : []));
  expect(value).toEqual({ first: kept.slice(0, 3), second: kept.slice(3) });
  expect(kept[0]).toBeLessThanOrEqual(now);
  expect(kept[3]).toBeGreaterThan(now);
});

test("one that stands still is superseded when fitting code has undone it", async () => {
  const site = newSite();
  const done: string[] = [];
  const shifting = (name: string): Saga =>
    saga(
      "release",
      { startedBy: built, key: (event) => event.data.digest, events: [approved], again: "supersede" },
      async (run, start) => {
        await run.step(name, () => done.push(`${start.data.branch}`), {
          compensate: () => void done.push(`not ${start.data.branch}`),
        });
        return (await run.waitFor(approved))?.data.by;
      },
    );
  const before = await site.start([shifting("shift")]);
  await before.publish(built.type, { digest, branch: "one" });
  await eventually("it waits", async () => (await before.sagas.get("release", digest))?.journal.length === 2);
  await before.stop();
  const other = await site.start([shifting("move")]);
  await other.sagas.signal("release", digest, "whatever makes it go on");
  await until(site, other, ["release", digest], "stopped");
  await other.publish(built.type, { digest, branch: "two" });
  await site.clock.advance("2s");
  expect(await other.sagas.get("release", digest)).toMatchObject({ run: 1, state: "stopped" });
  await other.stop();
  const mesh = await site.start([shifting("shift")]);
  await mesh.sagas.retry("release", digest);
  await eventually("the new one has begun", async () => {
    await site.clock.advance(10);
    return done.includes("two");
  });
  expect(done).toEqual(["one", "not one", "two"]);
});
