/** Events that start a saga, or come for one, when they are not expected: each case has a stated outcome. */
import { retry, type Saga, type StartPolicy, saga } from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, test } from "vitest";
import { approved, built, newSite, scanFinished, until } from "./support.js";

const digest = "sha256:1";

function approval(again: StartPolicy, done: string[] = []): Saga {
  const options = {
    startedBy: built,
    key: (event: { readonly data: { readonly digest: string } }) => event.data.digest,
    events: [approved],
    again,
  };
  return saga("approval", options, async (run, start) => {
    const branch = start.data.branch ?? "";
    await run.step("open", () => void done.push(`open ${branch}`), {
      compensate: () => void done.push(`close ${branch}`),
    });
    const found = await run.waitFor(approved, { where: { subject: digest } });
    return `${branch} by ${found?.data.by}`;
  });
}

test("again, ignored: there is one instance of a key, running or ended", async () => {
  const site = newSite();
  const mesh = await site.start([approval("ignore")]);
  await mesh.publish(built.type, { digest, branch: "one" });
  await until(site, mesh, ["approval", digest], "running");
  await mesh.publish(built.type, { digest, branch: "two" });
  await mesh.publish(approved.type, { by: "ann" }, { subject: digest });
  await until(site, mesh, ["approval", digest], "completed");
  await mesh.publish(built.type, { digest, branch: "three" });
  await site.clock.advance("2s");
  expect(await mesh.sagas.list({ name: "approval" })).toMatchObject([{ run: 1, value: "one by ann" }]);
});

test("again, rejected: the event is a dead letter", async () => {
  const site = newSite();
  const mesh = await site.start([approval("reject")]);
  await mesh.publish(built.type, { digest, branch: "one" });
  await until(site, mesh, ["approval", digest], "running");
  const second = await mesh.publish(built.type, { digest, branch: "two" });
  await eventually("it is a dead letter", async () => {
    for await (const { event, error } of mesh.deadLetters("releases.saga.approval"))
      if (event?.id === second.id) return error.code === "SAGA_EXISTS";
    return false;
  });
});

test("again, superseding: the one that runs is cancelled and compensated, then the newest begins", async () => {
  const site = newSite();
  const done: string[] = [];
  const mesh = await site.start([approval("supersede", done)]);
  for (const branch of ["one", "two", "three"]) {
    await mesh.publish(built.type, { digest, branch });
    await eventually(`${branch} is open`, async () => {
      await site.clock.advance(10);
      return done.includes(`open ${branch}`);
    });
  }
  await mesh.publish(approved.type, { by: "ann" }, { subject: digest });
  expect(await until(site, mesh, ["approval", digest], "completed")).toMatchObject({
    run: 3,
    value: "three by ann",
  });
  expect(done).toEqual(["open one", "close one", "open two", "close two", "open three"]);
  await mesh.publish(built.type, { digest, branch: "four" });
  await eventually("one that ended is followed by the next", () => done.includes("open four"));
});

test("an event that comes before its saga, or between two waits, is seen; each once", async () => {
  const site = newSite();
  const twice = saga(
    "twice",
    { startedBy: built, key: (event) => event.data.digest, events: [scanFinished] },
    async (run, start) => {
      const where = { data: { digest: start.data.digest } };
      const first = await run.waitFor(scanFinished, { where });
      await run.sleep("10s");
      const second = await run.waitFor(scanFinished, { where, timeout: "5m" });
      return [first?.data.critical, second?.data.critical];
    },
  );
  const mesh = await site.start([twice]);
  await mesh.publish(scanFinished.type, { digest, critical: 1 });
  await mesh.publish(built.type, { digest });
  await eventually("it sleeps", async () => {
    await site.clock.advance(10);
    return (await mesh.sagas.get("twice", digest))?.journal.some(({ kind }) => kind === "sleeping");
  });
  await mesh.publish(scanFinished.type, { digest, critical: 2 });
  await site.clock.advance("10s");
  expect(await until(site, mesh, ["twice", digest], "completed")).toMatchObject({ value: [1, 2] });
  await mesh.publish(scanFinished.type, { digest: "sha256:2", critical: 3 });
  await site.clock.advance("2m");
  await mesh.publish(built.type, { digest: "sha256:2" });
  await site.clock.advance("1h");
  expect(await mesh.sagas.get("twice", "sha256:2")).toMatchObject({ state: "running" });
});

test("an event is for all that wait for it", async () => {
  const site = newSite();
  const each = saga(
    "each",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    async (run) => (await run.waitFor(approved))?.data.by,
  );
  const mesh = await site.start([each]);
  const digests = ["a", "b", "c"];
  for (const one of digests) await mesh.publish(built.type, { digest: one });
  for (const one of digests) await until(site, mesh, ["each", one], "running");
  await mesh.publish(approved.type, { by: "ann" });
  for (const one of digests)
    expect(await until(site, mesh, ["each", one], "completed")).toMatchObject({ value: "ann" });
});

test("a key that is no text makes the event a dead letter", async () => {
  const site = newSite();
  const broken = saga(
    "broken",
    { startedBy: built, key: (event) => event.data.branch ?? "" },
    () => undefined,
  );
  const mesh = await site.start([broken]);
  await mesh.publish(built.type, { digest });
  await eventually("it is a dead letter", async () => {
    for await (const { error } of mesh.deadLetters("releases.saga.broken"))
      return error.code === "SAGA_KEY_INVALID";
    return false;
  });
});

test("one that cannot be undone holds up what supersedes it, until an operator has seen to it", async () => {
  const site = newSite();
  let works = false;
  const undone = saga(
    "undone",
    { startedBy: built, key: (event) => event.data.digest, again: "supersede" },
    async (run, start) => {
      const compensate = (): void => {
        if (!works) throw new Error("not now");
      };
      await run.step("one", () => 1, { retry: retry({ immediate: 0 }), compensate });
      if (start.data.branch === "one") await run.sleep("1d");
      return start.data.branch;
    },
  );
  const mesh = await site.start([undone]);
  await mesh.publish(built.type, { digest, branch: "one" });
  await eventually("it sleeps", async () => (await mesh.sagas.get("undone", digest))?.journal.length === 2);
  await mesh.publish(built.type, { digest, branch: "two" });
  const { run, error } = await until(site, mesh, ["undone", digest], "failed");
  expect(run).toBe(1);
  expect(error?.message).toBe('Step "one: compensate" has failed: not now');
  works = true;
  await mesh.sagas.retry("undone", digest);
  expect(await until(site, mesh, ["undone", digest], "completed")).toMatchObject({ run: 2, value: "two" });
});
