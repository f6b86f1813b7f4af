import { defineEvent, type MeshEvent, type Saga, saga, typed } from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";
import { approved, built, released, scanFinished, scanRequested } from "./support.js";

const imported = defineEvent("com.acme.artifact.imported.v1", {
  schema: typed<{ readonly digest: string; readonly origin: "mirror" | "vendor" }>(),
});
const measured = defineEvent("com.acme.artifact.measured.v1", {
  schema: {
    type: "object",
    required: ["digest", "at"],
    properties: {
      digest: { type: "string" },
      size: { type: "integer" },
      at: { type: "object", required: ["host"], properties: { host: { type: "string" } } },
    },
  },
  extensions: { severitynumber: "integer" },
});
const options = { startedBy: built, key: () => "one", events: [scanFinished, measured] } as const;

describe("a saga", () => {
  it("is started by an event of its type, which its key is made of", () => {
    const one = saga(
      "release",
      {
        startedBy: built,
        key: (event) => {
          expectTypeOf(event.type).toEqualTypeOf<"com.acme.artifact.built.v1">();
          expectTypeOf(event.data.branch).toEqualTypeOf<string | undefined>();
          // @ts-expect-error the schema has no such property
          event.data.sha;
          return event.data.digest;
        },
      },
      (_, start) => {
        expectTypeOf(start.data).toEqualTypeOf<{ readonly digest: string; readonly branch?: string }>();
      },
    );
    expectTypeOf(one).toEqualTypeOf<Saga<typeof built>>();
    // @ts-expect-error a key is a text
    saga("release", { startedBy: built, key: (event) => event.data.digest.length }, () => undefined);
  });

  it("started by several is told apart by the type", () => {
    saga("release", { startedBy: [built, imported], key: (event) => event.data.digest }, (_, start) => {
      expectTypeOf(start.type).toEqualTypeOf<
        "com.acme.artifact.built.v1" | "com.acme.artifact.imported.v1"
      >();
      if (start.type === "com.acme.artifact.imported.v1") {
        expectTypeOf(start.data.origin).toEqualTypeOf<"mirror" | "vendor">();
      } else {
        expectTypeOf(start.data.branch).toEqualTypeOf<string | undefined>();
      }
      // @ts-expect-error only one of them has it
      start.data.origin;
    });
  });

  it("is refused with options that do not exist", () => {
    // @ts-expect-error no such policy
    saga("release", { ...options, again: "replace" }, () => undefined);
    // @ts-expect-error seconds are "s"
    saga("release", { ...options, patience: "5 seconds" }, () => undefined);
    // @ts-expect-error a key is needed
    saga("release", { startedBy: built }, () => undefined);
  });
});

describe("run.waitFor", () => {
  it("resolves with an event of the type, or with undefined", () => {
    saga("release", options, async (run) => {
      const scan = await run.waitFor(scanFinished);
      expectTypeOf(scan?.type).toEqualTypeOf<"com.acme.scan.finished.v1" | undefined>();
      expectTypeOf(scan?.data.critical).toEqualTypeOf<number | undefined>();
      // @ts-expect-error nothing may have come in time
      scan.data;
      // @ts-expect-error the schema has no such property
      scan?.data.severity;
      expectTypeOf((await run.waitFor(measured))?.severitynumber).toEqualTypeOf<number | undefined>();
    });
  });

  it("waits for what is in `events` alone", () => {
    saga("release", options, async (run) => {
      // @ts-expect-error the saga does not get it
      await run.waitFor(approved);
      // @ts-expect-error the saga does not get the reply
      await run.request(scanRequested, { digest: "" }, { reply: approved });
    });
    saga("release", { startedBy: built, key: () => "one" }, async (run) => {
      // @ts-expect-error it gets nothing but what starts it
      await run.waitFor(built);
    });
  });

  it("compares attributes and fields of the data, which there are", () => {
    saga("release", options, async (run, start) => {
      const { digest } = start.data;
      await run.waitFor(scanFinished, { where: { subject: "web", data: { digest } }, timeout: "5m" });
      await run.waitFor(measured, { where: { severitynumber: 9, data: { at: { host: "one" } } } });
      // @ts-expect-error it may have none, and then any would do
      await run.waitFor(scanFinished, { where: { subject: start.subject } });
      // @ts-expect-error the schema has no such property
      await run.waitFor(scanFinished, { where: { data: { sha: digest } } });
      // @ts-expect-error no such attribute
      await run.waitFor(scanFinished, { where: { digest } });
      // @ts-expect-error a number
      await run.waitFor(scanFinished, { where: { data: { critical: "2" } } });
      // @ts-expect-error no such property further in
      await run.waitFor(measured, { where: { data: { at: { hots: "one" } } } });
      // @ts-expect-error it equals, and does not filter
      await run.waitFor(scanFinished, { where: { data: { critical: [{ numeric: [">", 0] }] } } });
      // @ts-expect-error minutes are "m"
      await run.waitFor(scanFinished, { timeout: "5min" });
    });
  });
});

describe("run", () => {
  it("gives back what a step returns", () => {
    saga("release", options, async (run) => {
      const made = await run.step("make", ({ attempt, idempotencyKey, signal }) => {
        expectTypeOf(attempt).toEqualTypeOf<number>();
        expectTypeOf(idempotencyKey).toEqualTypeOf<string>();
        expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
        return { port: 80 };
      });
      expectTypeOf(made).toEqualTypeOf<{ port: number }>();
      expectTypeOf(await run.step("ask", async () => "yes" as const)).toEqualTypeOf<"yes">();
      expectTypeOf(await run.step("say", () => {})).toEqualTypeOf<void>();
      // @ts-expect-error no such option
      await run.step("make", () => 1, { retries: 3 });
    });
  });

  it("publishes what the definition takes, which need not be in `events`", () => {
    saga("release", options, async (run) => {
      expectTypeOf(await run.publish(released, { digest: "" })).toEqualTypeOf<MeshEvent>();
      await run.publish(released, { digest: "" }, { subject: "web" });
      // @ts-expect-error a text
      await run.publish(released, { digest: 1 });
      // @ts-expect-error the schema has no such property
      await run.publish(released, { digest: "", sha: "" });
      // @ts-expect-error a property is missing
      await run.publish(measured, { digest: "" });
      // @ts-expect-error its id follows from the saga's
      await run.publish(released, { digest: "" }, { id: "mine" });
      // @ts-expect-error it may be delayed by run.sleep alone
      await run.publish(released, { digest: "" }, { delay: "1m" });
    });
  });

  it("requests with the definition's data, and has the reply", () => {
    saga("release", options, async (run) => {
      const scan = await run.request(scanRequested, { digest: "" }, { reply: scanFinished, timeout: "1m" });
      expectTypeOf(scan?.data.critical).toEqualTypeOf<number | undefined>();
      // @ts-expect-error a property is missing
      await run.request(scanRequested, {}, { reply: scanFinished });
    });
  });

  it("has signals of the stated type, or undefined", () => {
    saga("release", options, async (run) => {
      expectTypeOf(await run.signal("approve")).toEqualTypeOf<unknown>();
      expectTypeOf(await run.signal<{ by: string }>("approve")).toEqualTypeOf<{ by: string } | undefined>();
    });
  });

  it("keeps the types of what it waits for together", () => {
    saga("release", options, async (run) => {
      const both = await run.all([run.waitFor(scanFinished), run.step("ask", () => 42)]);
      expectTypeOf(both[0]?.data.critical).toEqualTypeOf<number | undefined>();
      expectTypeOf(both[1]).toEqualTypeOf<number>();
      const first = await run.race([run.step("ask", () => 42), run.signal<string>("stop")]);
      expectTypeOf(first).toEqualTypeOf<number | string | undefined>();
      expectTypeOf([run.now(), run.random()]).toEqualTypeOf<number[]>();
      expectTypeOf([run.uuid(), run.key]).toEqualTypeOf<string[]>();
    });
  });
});
