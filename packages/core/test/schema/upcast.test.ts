import { type Catalog, defineCatalog, defineEvent, type MeshEvent } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { eventOf, refusal } from "./events.js";

const v1 = defineEvent("scan.v1", {
  schema: { type: "object", required: ["critical"], properties: { critical: { type: "boolean" } } },
});
const v2 = defineEvent("scan.v2", {
  schema: {
    type: "object",
    required: ["severity"],
    properties: { severity: { enum: ["low", "high"] }, from: { type: "string" } },
  },
  channel: "security",
});
const v3 = defineEvent("scan.v3", { schema: z.object({ score: z.number().max(9) }) });

const chain = () =>
  defineCatalog([v1, v2, v3])
    .upcast("scan.v1", "scan.v2", (data, event) => ({
      severity: data.critical ? "high" : "low",
      from: event.source,
    }))
    .upcast("scan.v2", "scan.v3", (data) => ({ score: data.severity === "high" ? 9 : 1 }));

async function lift(catalog: Catalog, event: MeshEvent) {
  await catalog.compile();
  return catalog.lift(event);
}

describe("lifting an old event", () => {
  it("follows the chain, and keeps everything but type, data and dataschema", async () => {
    const attributes = {
      time: "2026-01-02T03:04:05.123456Z",
      subject: "web",
      correlationid: "c",
      other: true,
    };
    const event = eventOf(
      "scan.v1",
      { critical: true },
      { ...attributes, dataschema: "https://acme.example/v1" },
    );
    const copy = structuredClone(event);
    expect(await lift(chain(), event)).toEqual({
      ok: true,
      event: eventOf("scan.v3", { score: 9 }, attributes),
    });
    expect(event).toEqual(copy);
  });

  it("begins wherever the event is", async () => {
    const from2 = await lift(chain(), eventOf("scan.v2", { severity: "low" }));
    expect(from2.ok && from2.event).toEqual(eventOf("scan.v3", { score: 1 }));
  });

  it("leaves the newest alone", async () => {
    const event = eventOf("scan.v2", { severity: "low" });
    const lifted = await lift(defineCatalog([v2]), event);
    expect(lifted.ok && lifted.event).toBe(event);
  });

  it("checks the old data against the old schema first", async () => {
    let called = false;
    const catalog = defineCatalog([v1, v2]).upcast("scan.v1", "scan.v2", () => {
      called = true;
      return { severity: "low" };
    });
    expect(await lift(catalog, eventOf("scan.v1", { critical: "yes" }))).toEqual({
      ok: false,
      issues: [{ path: "/data/critical", reason: "must be boolean" }],
    });
    expect(called).toBe(false);
  });

  it("checks the lifted data against the new schema", async () => {
    const catalog = defineCatalog([v1, v2]).upcast("scan.v1", "scan.v2", () => ({
      severity: "secret" as "low",
    }));
    const lifted = await lift(catalog, eventOf("scan.v1", { critical: true }));
    expect(lifted.ok ? [] : lifted.issues).toEqual([
      {
        path: "/data/severity",
        reason: 'must be equal to one of the allowed values: ["low","high"] (after the upcast to scan.v2)',
      },
    ]);
  });

  it("answers an upcast that throws as invalid, with its cause", async () => {
    const cause = new Error("secret");
    const catalog = defineCatalog([v1, v2]).upcast("scan.v1", "scan.v2", () => {
      throw cause;
    });
    expect(await lift(catalog, eventOf("scan.v1", { critical: true }))).toEqual({
      ok: false,
      issues: [{ path: "/data", reason: "the upcast from scan.v1 to scan.v2 threw" }],
      cause,
    });
  });

  it("hands the upcast what a transforming schema made of the data", async () => {
    const old = defineEvent("t.v1", {
      schema: z.object({ at: z.string().transform((text) => text.length) }),
    });
    const next = defineEvent("t.v2", { schema: z.object({ length: z.number() }) });
    const catalog = defineCatalog([old, next]).upcast("t.v1", "t.v2", (data) => ({ length: data.at }));
    const lifted = await lift(catalog, eventOf("t.v1", { at: "four" }));
    expect(lifted.ok && lifted.event.data).toEqual({ length: 4 });
  });
});

describe("adding upcasts", () => {
  it.each<[string, string, string]>([
    ["UPCAST_DUPLICATE", "scan.v1", "scan.v3"],
    ["UPCAST_CYCLE", "scan.v3", "scan.v1"],
    ["UPCAST_CYCLE", "scan.v3", "scan.v3"],
    ["UPCAST_TYPE_UNKNOWN", "scan.v0", "scan.v1"],
    ["UPCAST_TYPE_UNKNOWN", "scan.v3", "scan.v4"],
  ])("is refused at once with %s: %s to %s", async (code, from, to) => {
    const catalog = chain();
    const refused = await refusal(() => catalog.upcast(from as never, to as never, () => ({}) as never));
    expect(refused.code).toBe(code);
    expect(refused.message).toContain(from);
    expect(refused.message).toContain(to);
    expect(catalog.newest("scan.v1")).toBe("scan.v3");
  });

  it("changes the catalog itself, until it is compiled", async () => {
    const catalog = defineCatalog([v1, v2, v3]);
    expect(catalog.upcast("scan.v2", "scan.v3", () => ({ score: 1 }))).toBe(catalog);
    await catalog.compile();
    const late = await refusal(() => catalog.upcast("scan.v1", "scan.v2", () => ({ severity: "low" })));
    expect(late.code).toBe("CATALOG_COMPILED");
  });

  it("names what a subscription concerns", () => {
    const catalog = chain();
    expect(catalog.predecessors("scan.v3")).toEqual(["scan.v2", "scan.v1"]);
    expect(catalog.predecessors("scan.v1")).toEqual([]);
    expect(catalog.newest("scan.v1")).toBe("scan.v3");
    expect(catalog.newest("unheard.of")).toBe("unheard.of");
    expect(catalog.select(["scan.v3"])).toEqual(["scan.v1", "scan.v2", "scan.v3"]);
    expect(catalog.select(["scan.*"])).toEqual(["scan.v1", "scan.v2", "scan.v3"]);
    expect(catalog.select(["scan.v1", "scan.v2"])).toEqual([]);
  });
});

describe("any set of upcasts", () => {
  /** From type i to type `targets[i]`, if any; added in the order given. */
  const plans = fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { maxLength: 20 });

  /** The model: where a type ends when one follows the accepted upcasts, step by step. */
  const end = (next: ReadonlyMap<number, number>, type: number): readonly number[] => {
    const after = next.get(type);
    return after === undefined ? [type] : [type, ...end(next, after)];
  };

  it("is accepted as the model accepts it, and lifts as the model walks", async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.nat(9), async (plan, start) => {
        const validator = { validate: (data: unknown) => ({ ok: true as const, data: data as number[] }) };
        const catalog = defineCatalog(
          Array.from({ length: 10 }, (_, i) => defineEvent<string, number[]>(`t${i}`, { validator })),
        );
        const next = new Map<number, number>();
        for (const [from, to] of plan) {
          const allowed = !next.has(from) && !end(next, to).includes(from);
          const add = () => catalog.upcast(`t${from}`, `t${to}`, (data) => [...data, to]);
          if (allowed) add();
          else expect((await refusal(add)).code).toBe(next.has(from) ? "UPCAST_DUPLICATE" : "UPCAST_CYCLE");
          if (allowed) next.set(from, to);
        }
        const path = end(next, start);
        const newest = `t${path.at(-1)}`;
        expect(await lift(catalog, eventOf(`t${start}`, [start]))).toEqual({
          ok: true,
          event: eventOf(newest, path),
        });
        expect(catalog.newest(`t${start}`)).toBe(newest);
        const before = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].filter(
          (i) => i !== start && end(next, i).includes(start),
        );
        expect([...catalog.predecessors(`t${start}`)].sort()).toEqual(before.map((i) => `t${i}`));
      }),
    );
  });
});
