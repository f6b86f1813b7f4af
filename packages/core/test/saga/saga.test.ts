import { CompensateError, retry, saga } from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, test } from "vitest";
import { approved, built, newSite, released, scanFinished, scanRequested, until } from "./support.js";

const digest = "sha256:1";

test("steps are done one after the other, and what is published is published", async () => {
  const site = newSite();
  const done: string[] = [];
  const release = saga(
    "release",
    { startedBy: built, key: (event) => event.data.digest },
    async (run, start) => {
      const one = await run.step("one", () => {
        done.push("one");
        return { answer: 42 };
      });
      await run.step("two", () => void done.push(`two after ${one.answer}`));
      await run.publish(released, { digest: start.data.digest });
      return "released";
    },
  );
  const mesh = await site.start([release]);
  const start = await mesh.publish(built.type, { digest });
  const { value, journal } = await until(site, mesh, ["release", digest], "completed");
  expect(value).toBe("released");
  expect(done).toEqual(["one", "two after 42"]);
  expect(journal.map(({ kind }) => kind)).toEqual(["step", "step", "published", "end"]);
  await eventually("it is published", () => site.events.some(({ type }) => type === released.type));
  expect(site.events.find(({ type }) => type === released.type)).toMatchObject({
    data: { digest },
    causationid: start.id,
  });
});

test("it waits for an event of its own, and no other", async () => {
  const site = newSite();
  const options = {
    startedBy: built,
    key: (event: { data: { digest: string } }) => event.data.digest,
    events: [scanFinished],
  };
  const release = saga("release", options, async (run, start) => {
    const where = { data: { digest: start.data.digest } };
    const scan = await run.waitFor(scanFinished, { where });
    return scan?.data.critical;
  });
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["release", digest], "running");
  await mesh.publish(scanFinished.type, { digest: "another", critical: 1 });
  await site.clock.advance("3s");
  expect(await mesh.sagas.get("release", digest)).toMatchObject({ state: "running" });
  await mesh.publish(scanFinished.type, { digest, critical: 2 });
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({ value: 2 });
});

test("a wait that takes too long gives undefined", async () => {
  const site = newSite();
  const release = saga(
    "release",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    async (run) => (await run.waitFor(approved, { timeout: "2h" })) ?? "nobody",
  );
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["release", digest], "running");
  await site.clock.advance("119m");
  expect(await mesh.sagas.get("release", digest)).toMatchObject({ state: "running" });
  await site.clock.advance("2m");
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({ value: "nobody" });
});

test("a request is answered by what was published while it was handled", async () => {
  const site = newSite();
  const release = saga(
    "release",
    { startedBy: built, key: (event) => event.data.digest, events: [scanFinished] },
    async (run, start) => {
      const scan = await run.request(scanRequested, { digest: start.data.digest }, { reply: scanFinished });
      return scan?.data.critical;
    },
  );
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await eventually("it asks", async () => {
    await site.clock.advance(10);
    return site.events.some(({ type }) => type === scanRequested.type);
  });
  const request = site.events.find(({ type }) => type === scanRequested.type);
  await mesh.publish(scanFinished.type, { digest, critical: 9 }, { causationid: "another" });
  await mesh.publish(scanFinished.type, { digest, critical: 3 }, { causationid: request?.id ?? "" });
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({ value: 3 });
});

test("a step that fails is tried again, then the saga hears of it; compensations run backwards", async () => {
  const site = newSite();
  const done: string[] = [];
  const release = saga("release", { startedBy: built, key: (event) => event.data.digest }, async (run) => {
    for (const name of ["one", "two"]) {
      await run.step(name, () => void done.push(name), { compensate: () => void done.push(`not ${name}`) });
    }
    try {
      await run.step(
        "three",
        ({ attempt }) => Promise.reject(new Error(`no, ${done.push(`three ${attempt}`)}`)),
        {
          retry: retry({ immediate: 1, delayed: ["1m"] }),
          compensate: () => void done.push("not three"),
        },
      );
    } catch (cause) {
      throw new CompensateError("three did not work", { cause });
    }
  });
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await eventually("it was tried twice", async () => {
    await site.clock.advance(10);
    return done.includes("three 2");
  });
  await site.clock.advance("1m");
  const { error } = await until(site, mesh, ["release", digest], "compensated");
  expect(done).toEqual(["one", "two", "three 1", "three 2", "three 3", "not two", "not one"]);
  expect(error).toMatchObject({ code: "SAGA_COMPENSATE" });
});

test("cancelled, it compensates what was done and what was under way", async () => {
  const site = newSite();
  const done: string[] = [];
  const release = saga("release", { startedBy: built, key: (event) => event.data.digest }, async (run) => {
    await run.step("one", () => void done.push("one"), { compensate: () => void done.push("not one") });
    await run.step(
      "two",
      ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)),
      {
        compensate: () => void done.push("not two"),
      },
    );
  });
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await eventually(
    "it is at two",
    async () => (await mesh.sagas.get("release", digest))?.journal.length === 1,
  );
  expect(await mesh.sagas.cancel("release", digest)).toBe(true);
  await until(site, mesh, ["release", digest], "cancelled");
  expect(done).toEqual(["one", "not two", "not one"]);
  expect(await mesh.sagas.cancel("release", digest)).toBe(false);
});

test("a signal is heard, before it is waited for or after", async () => {
  const site = newSite();
  const release = saga("release", { startedBy: built, key: (event) => event.data.digest }, async (run) => {
    const first = await run.signal<string>("first");
    await run.sleep("1m");
    return [first, await run.signal<string>("second"), await run.signal("third", { timeout: "1m" })];
  });
  const mesh = await site.start([release]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["release", digest], "running");
  await mesh.sagas.signal("release", digest, "first", "a");
  await mesh.sagas.signal("release", digest, "second", "b");
  await site.clock.advance("3m");
  expect(await until(site, mesh, ["release", digest], "completed")).toMatchObject({
    value: ["a", "b", null],
  });
});
