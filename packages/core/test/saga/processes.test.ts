/** Many processes share the work: what one leaves, or dies with, another goes on with. */
import { type MemoryRows, memoryStore, type Saga, type Store, saga } from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import { approved, built, cuttableStore, newSite, until } from "./support.js";

const digest = "sha256:1";

const stepping = (work: (key: string) => unknown): Saga =>
  saga(
    "stepping",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    async (run) => {
      const before = await run.step("before", () => "before");
      await run.step("hanging", ({ idempotencyKey }) => work(idempotencyKey));
      return before;
    },
  );

test("a step of a process that dies is done by another when the lease is over, with the same key", async () => {
  const site = newSite();
  const keys: string[] = [];
  const never = stepping((key) => new Promise(() => void keys.push(key)));
  const { store, become } = cuttableStore(site.database);
  const one = await site.start([never], { store, sagas: { lease: "10s" } });
  await one.publish(built.type, { digest });
  await eventually("it is at it", () => keys.length === 1);
  become("dead");
  onTestFinished(() => become("up"));
  const two = await site.start([stepping((key) => void keys.push(key))], { sagas: { lease: "10s" } });
  await site.clock.advance("9s");
  expect(keys).toHaveLength(1);
  await site.clock.advance("2s");
  expect(await until(site, two, ["stepping", digest], "completed")).toMatchObject({ value: "before" });
  expect(keys).toEqual([keys[0], keys[0]]);
});

test("what a process was too late with is not taken", async () => {
  const site = newSite();
  let finish: (value: string) => void = () => undefined;
  const late = stepping(
    () =>
      new Promise((resolve) => {
        finish = resolve as typeof finish;
      }),
  );
  const { store, become } = cuttableStore(site.database);
  const one = await site.start([late], { store, sagas: { lease: "10s" } });
  await one.publish(built.type, { digest });
  await eventually(
    "it is at it",
    async () => (await one.sagas.get("stepping", digest))?.journal.length === 1,
  );
  become("down");
  const two = await site.start([stepping(() => "two")], { sagas: { lease: "10s" } });
  await site.clock.advance("11s");
  await until(site, two, ["stepping", digest], "completed");
  become("up");
  finish("one");
  await site.clock.advance("1m");
  const { journal } = (await two.sagas.get("stepping", digest)) ?? { journal: [] };
  expect(journal.filter(({ kind }) => kind === "step")).toMatchObject([
    { value: "before" },
    { value: "two" },
  ]);
});

test("a process that lives keeps a step that takes longer than the lease, and hears of what comes meanwhile", async () => {
  const site = newSite();
  let begun = 0;
  const long = saga(
    "long",
    { startedBy: built, key: (event) => event.data.digest, events: [approved] },
    (run) =>
      run.race([
        run.step("long", () => {
          begun += 1;
          return new Promise(() => undefined);
        }),
        run.waitFor(approved),
      ]),
  );
  const one = await site.start([long], { sagas: { lease: "10s" } });
  const two = await site.start([long], { sagas: { lease: "10s" } });
  await one.publish(built.type, { digest });
  await eventually("it has begun", () => begun === 1);
  await site.clock.advance("1m");
  expect(begun).toBe(1);
  await two.publish(approved.type, { by: "ann" });
  await one.publish(approved.type, { by: "bob" });
  await until(site, one, ["long", digest], "completed");
});

test("a process that stops gives back what it has, and another goes on at once", async () => {
  const site = newSite();
  const never = stepping(() => new Promise(() => undefined));
  const one = await site.start([never], { sagas: { lease: "1h" } });
  await one.publish(built.type, { digest });
  await eventually(
    "it is at it",
    async () => (await one.sagas.get("stepping", digest))?.journal.length === 1,
  );
  await one.stop({ timeout: 0 });
  const two = await site.start([stepping(() => "two")], { sagas: { lease: "1h" } });
  const { journal } = await until(site, two, ["stepping", digest], "completed");
  // Nor has its attempt failed.
  expect(journal.map(({ kind }) => kind)).toEqual(["step", "step", "end"]);
});

test("a step that a stopping process waits for stays with it, for as long as that takes", async () => {
  const site = newSite();
  let begun = 0;
  let finish: (value: string) => void = () => undefined;
  const slow = stepping(() => {
    begun += 1;
    return new Promise<string>((resolve) => {
      finish = resolve;
    });
  });
  const one = await site.start([slow], { sagas: { lease: "10s" } });
  const two = await site.start([slow], { sagas: { lease: "10s" } });
  await one.publish(built.type, { digest });
  await eventually("it is at it", () => begun > 0);
  const stopping = one.stop({ timeout: "2m" });
  await site.clock.advance("1m");
  expect(begun).toBe(1);
  finish("done");
  await until(site, two, ["stepping", digest], "completed");
  await stopping;
});

test("answers to commits in another order than these do no step twice", async () => {
  const site = newSite();
  const begun: string[] = [];
  const inner = memoryStore({ database: site.database });
  let commits = 0;
  // Every third answer comes late.
  const store: Store<MemoryRows> = new Proxy(inner, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (name !== "transaction") return typeof value === "function" ? value.bind(target) : value;
      return async (...args: Parameters<typeof inner.transaction>) => {
        const result = await target.transaction(...args);
        commits += 1;
        if (commits % 3 === 0) await new Promise<void>((resolve) => site.clock.after(5, resolve));
        return result;
      };
    },
  });
  const both = saga(
    "both",
    { startedBy: built, key: (event) => event.data.digest },
    async (run, { data }) => {
      const step = (name: string): Promise<void> =>
        run.step(name, () => void begun.push(`${name} of ${data.digest}`));
      await run.all(["a", "b"].map((name) => step(name).then(() => step(`${name}2`))));
    },
  );
  const mesh = await site.start([both], { store });
  const digests = Array.from({ length: 30 }, (_, at) => `sha256:${at}`);
  for (const one of digests) await mesh.publish(built.type, { digest: one });
  for (const one of digests) await until(site, mesh, ["both", one], "completed");
  expect([...begun].sort()).toEqual([...new Set(begun)].sort());
});
