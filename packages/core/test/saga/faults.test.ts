/** What goes wrong in a saga, or around it, is told to it or to its operators, and loses nothing. */
import {
  CompensateError,
  memoryStore,
  RetryableError,
  type Run,
  retry,
  type Saga,
  saga,
  silentLogger,
  TerminalError,
} from "@meshwright/core";
import { eventually } from "@meshwright/testing";
import { expect, test } from "vitest";
import { approved, built, newSite, released, scanFinished, until } from "./support.js";

const digest = "sha256:1";
type Waiting = Run<typeof approved | typeof scanFinished>;

const sagaOf = (body: (run: Waiting) => unknown): Saga =>
  saga(
    "faulty",
    { startedBy: built, key: (event) => event.data.digest, events: [approved, scanFinished] },
    body,
  );

test("a timeout of one wait leaves another one for the same event alone", async () => {
  const site = newSite();
  const mesh = await site.start([
    sagaOf((run) => run.all([run.waitFor(approved, { timeout: "1s" }), run.waitFor(approved)])),
  ]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["faulty", digest], "running");
  await site.clock.advance("2s");
  await mesh.publish(approved.type, { by: "ann" });
  const { value } = await until(site, mesh, ["faulty", digest], "completed");
  expect(value).toMatchObject([null, { data: { by: "ann" } }]);
});

test("what waited when it failed waits again when it is tried again", async () => {
  const site = newSite();
  let works = false;
  const mesh = await site.start([
    sagaOf((run) => {
      const step = run.step(
        "one",
        () => {
          if (!works) throw new Error("not yet");
        },
        { retry: retry({ immediate: 0 }) },
      );
      return run.all([run.waitFor(approved), step]);
    }),
  ]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["faulty", digest], "failed");
  works = true;
  await mesh.sagas.retry("faulty", digest);
  await until(site, mesh, ["faulty", digest], "running");
  await site.clock.advance("2s");
  await mesh.publish(approved.type, { by: "ann" });
  await until(site, mesh, ["faulty", digest], "completed");
});

test("an event that does not fit its schema is told to the saga", async () => {
  const site = newSite();
  const mesh = await site.start([
    sagaOf(async (run) => {
      await run.step("one", () => 1);
      return run.publish(released, { digest: 1 } as never).catch((error: { code: string }) => error.code);
    }),
  ]);
  await mesh.publish(built.type, { digest });
  expect(await until(site, mesh, ["faulty", digest], "completed")).toMatchObject({
    value: "EVENT_SCHEMA_MISMATCH",
  });
});

test.each([
  ["of a step", async (run: Waiting) => void (await run.step("one", () => 1n)), "SAGA_STEP_FAILED"],
  ["of the saga", () => 1n, "SAGA_VALUE_INVALID"],
])("a result %s that JSON cannot hold makes it fail", async (_what, body, code) => {
  const site = newSite();
  const mesh = await site.start([sagaOf(body)]);
  await mesh.publish(built.type, { digest });
  expect(await until(site, mesh, ["faulty", digest], "failed")).toMatchObject({ error: { code } });
});

test("a step says by its error whether it is tried again, and when", async () => {
  const site = newSite();
  const times: number[] = [];
  const mesh = await site.start([
    sagaOf((run) =>
      run.step("one", ({ attempt }) => {
        times.push(site.clock.now());
        if (attempt === 1) throw new RetryableError("later", { after: "1h" });
        throw new TerminalError("never", { code: "NEVER" });
      }),
    ),
  ]);
  await mesh.publish(built.type, { digest });
  await eventually("it was tried", () => times.length === 1);
  await site.clock.advance("2h");
  const { error } = await until(site, mesh, ["faulty", digest], "failed");
  expect(error?.message).toBe('Step "one" has failed: never');
  expect(times).toHaveLength(2);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_600_000);
});

test("more instances of a version that nobody has than a page holds up nothing, and they go on with it", async () => {
  const site = newSite();
  const versioned = (version: number): Saga =>
    saga(
      "versioned",
      {
        startedBy: built,
        key: (event) => event.data.digest,
        events: version === 1 ? [approved] : [],
        version,
      },
      async (run) => {
        if (version === 1) await (run as Run<typeof approved>).waitFor(approved, { timeout: "1m" });
        return version;
      },
    );
  const keys = Array.from({ length: 120 }, (_, at) => `sha256:${at}`);
  const first = await site.start([versioned(1)]);
  for (const key of keys) await first.publish(built.type, { digest: key });
  await eventually("all wait", async () => {
    await site.clock.advance(1);
    return (await first.sagas.list({ name: "versioned", limit: 200 })).length === keys.length;
  });
  await first.stop();
  const second = await site.start([versioned(2)]);
  await site.clock.advance("2m");
  await second.publish(built.type, { digest: "new" });
  expect(await until(site, second, ["versioned", "new"], "completed")).toMatchObject({ value: 2 });
  await second.stop();
  const both = await site.start([versioned(1), versioned(2)]);
  for (const key of keys)
    expect(await until(site, both, ["versioned", key], "completed")).toMatchObject({ value: 1 });
}, 30_000);

test("an instance of another version is left word, and who has that version goes on with it", async () => {
  const site = newSite();
  const versioned = (version: number): Saga =>
    saga(
      "versioned",
      { startedBy: built, key: (event) => event.data.digest, events: [approved], version },
      async (run) => (await run.waitFor(approved))?.data.by,
    );
  const first = await site.start([versioned(1)]);
  await first.publish(built.type, { digest });
  await until(site, first, ["versioned", digest], "running");
  await first.stop();
  const second = await site.start([versioned(2)]);
  await second.publish(approved.type, { by: "ann" });
  await site.clock.advance("5s");
  expect(await second.sagas.get("versioned", digest)).toMatchObject({ state: "running" });
  const both = await site.start([versioned(1), versioned(2)]);
  expect(await until(site, both, ["versioned", digest], "completed")).toMatchObject({ value: "ann" });
});

test("a mesh that stops begins no further step", async () => {
  const site = newSite();
  const done: number[] = [];
  let finish: () => void = () => undefined;
  const many = sagaOf(async (run) => {
    for (let at = 0; at < 5; at++)
      await run.step("one", () => {
        done.push(at);
        return new Promise<void>((resolve) => {
          finish = resolve;
        });
      });
  });
  const mesh = await site.start([many]);
  await mesh.publish(built.type, { digest });
  await eventually("the first has begun", () => done.length === 1);
  const stopping = mesh.stop();
  finish();
  await stopping;
  expect(done).toEqual([0]);
  const next = await site.start([
    sagaOf(async (run) => {
      for (let at = 0; at < 5; at++) await run.step("one", () => void done.push(at));
    }),
  ]);
  await until(site, next, ["faulty", digest], "completed");
  expect(done).toEqual([0, 1, 2, 3, 4]);
});

test("a compensation has the timeout of its step", async () => {
  const site = newSite();
  let tries = 0;
  const mesh = await site.start([
    sagaOf(async (run) => {
      await run.step("one", () => 1, {
        timeout: "1s",
        retry: retry({ immediate: 1 }),
        compensate: () => {
          tries += 1;
          return new Promise(() => undefined);
        },
      });
      throw new CompensateError("no");
    }),
  ]);
  await mesh.publish(built.type, { digest });
  await eventually("it is tried", () => tries === 1);
  await site.clock.advance("3s");
  await until(site, mesh, ["faulty", digest], "failed");
  expect(tries).toBe(2);
});

test("a signal without a value is not taken for none", async () => {
  const site = newSite();
  const mesh = await site.start([sagaOf((run) => run.signal("go", { timeout: "1h" }).then(String))]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["faulty", digest], "running");
  await mesh.sagas.signal("faulty", digest, "go");
  expect(await until(site, mesh, ["faulty", digest], "completed")).toMatchObject({ value: "null" });
});

test("what is under way when it compensates is aborted before anything is undone", async () => {
  const site = newSite();
  const done: string[] = [];
  const mesh = await site.start([
    sagaOf(async (run) => {
      await run.race([
        run.sleep("1s"),
        run.step(
          "long",
          ({ signal }) =>
            new Promise((resolve) => {
              signal.addEventListener("abort", () => resolve(done.push("aborted")));
            }),
          { compensate: () => void done.push("undone") },
        ),
      ]);
      throw new CompensateError("too slow");
    }),
  ]);
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["faulty", digest], "running");
  await site.clock.advance("2s");
  await until(site, mesh, ["faulty", digest], "compensated");
  expect(done).toEqual(["aborted", "undone"]);
});

test("of what has ended nothing is left after a while, but which fields were waited for", async () => {
  const site = newSite();
  const short = saga(
    "short",
    { startedBy: built, key: (event) => event.data.digest, events: [approved], retention: "1h" },
    async (run) => {
      await run.race([run.waitFor(approved), run.waitFor(approved, { where: { subject: "never" } })]);
      await run.waitFor(approved, { timeout: "1m" });
    },
  );
  const mesh = await site.start([short]);
  const store = memoryStore({ database: site.database });
  await store.open({ clock: site.clock, logger: silentLogger });
  const kinds = async (): Promise<string[]> => {
    const all = await store.documents.list("saga.short");
    return [...new Set(all.map(({ key }) => key.split(" ")[0] ?? ""))].sort();
  };
  await mesh.publish(built.type, { digest });
  await until(site, mesh, ["short", digest], "running");
  await site.clock.advance("1s");
  expect(await kinds()).toEqual(["instance", "journal", "shape", "wait"]);
  await mesh.publish(approved.type, { by: "ann" });
  await site.clock.advance("2m");
  await until(site, mesh, ["short", digest], "completed");
  await site.clock.advance("2m");
  expect(await kinds()).toEqual(["due", "instance", "journal", "shape"]);
  await site.clock.advance("2h");
  expect(await kinds()).toEqual(["shape"]);
});
