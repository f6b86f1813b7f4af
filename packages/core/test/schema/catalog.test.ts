import { defineCatalog, defineEvent } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { eventOf, refusal } from "./events.js";

const built = defineEvent("com.acme.built.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
  extensions: { severitynumber: "integer", internal: "boolean", team: "string" },
});
const scanned = defineEvent("com.acme.scanned.v1", { channel: "security" });
const audited = defineEvent("com.acme.audited.v1", { channel: "audit" });

async function started() {
  const catalog = defineCatalog([built, scanned]);
  await catalog.compile();
  return catalog;
}

describe("a catalog", () => {
  it("finds definitions, and knows its channels", () => {
    const catalog = defineCatalog([scanned, built, audited]);
    expect(catalog.definitions).toEqual([scanned, built, audited]);
    expect(catalog.find("com.acme.built.v1")).toBe(built);
    expect(catalog.find("com.acme.built.v2")).toBeUndefined();
    expect(catalog.find("constructor")).toBeUndefined();
    expect(catalog.channels).toEqual(["security", "events", "audit"]);
  });

  it("refuses two definitions of one type", async () => {
    const { code, message } = await refusal(() => defineCatalog([built, defineEvent("com.acme.built.v1")]));
    expect(code).toBe("CATALOG_DUPLICATE_TYPE");
    expect(message).toContain("com.acme.built.v1");
  });

  it("takes over catalogs with their upcasts, and a definition that comes twice once", () => {
    const first = defineCatalog([built, scanned]).upcast("com.acme.built.v1", "com.acme.scanned.v1", () => 1);
    const merged = defineCatalog([first, ...defineCatalog([scanned, audited]).definitions]);
    expect(merged.definitions).toEqual([built, scanned, audited]);
    expect(merged.newest("com.acme.built.v1")).toBe("com.acme.scanned.v1");
    expect(merged.upcasts).toEqual(first.upcasts);
    expect(defineCatalog([first, merged]).upcasts).toEqual(first.upcasts);
  });

  it("refuses what is no definition", async () => {
    const parts = [{ name: "com.acme.built.v1" }] as never;
    expect((await refusal(() => defineCatalog(parts))).code).toBe("CATALOG_PART_INVALID");
  });

  it("cannot be changed from outside", () => {
    const parts = [built];
    const catalog = defineCatalog(parts);
    parts.length = 0;
    expect(catalog.definitions).toEqual([built]);
    expect(Object.isFrozen(catalog.definitions)).toBe(true);
  });

  it("validates only once it is compiled", async () => {
    const catalog = defineCatalog([built]);
    const event = eventOf("com.acme.built.v1", {});
    for (const use of [
      () => catalog.entry(event.type),
      () => catalog.validate(event),
      () => catalog.lift(event),
    ]) {
      expect((await refusal(use)).code).toBe("CATALOG_NOT_COMPILED");
    }
    expect(catalog.compile()).toBe(catalog.compile());
    await catalog.compile();
    expect(catalog.validate(event).ok).toBe(false);
  });
});

describe("validating an event", () => {
  it("checks its data", async () => {
    const catalog = await started();
    expect(catalog.validate(eventOf("com.acme.built.v1", { digest: "x" }))).toEqual({
      ok: true,
      data: { digest: "x" },
    });
    expect(catalog.validate(eventOf("com.acme.built.v1", { digest: 5 }))).toEqual({
      ok: false,
      issues: [{ path: "/data/digest", reason: "must be string" }],
    });
    expect(catalog.entry("com.acme.built.v1")?.validateData({ digest: 5 }).ok).toBe(false);
  });

  it("lets any data through where there is no schema", async () => {
    const catalog = await started();
    for (const data of [undefined, null, 0, "x", [], new Uint8Array(1)]) {
      expect(catalog.validate(eventOf("com.acme.scanned.v1", data))).toEqual({ ok: true, data });
    }
  });

  it.each(["com.acme.other", "constructor", "__proto__"])("knows no type %s", async (type) => {
    const catalog = await started();
    const unknown = { ok: false, issues: [{ path: "/type", reason: "the catalog has no such event type" }] };
    expect(catalog.entry(type)).toBeUndefined();
    expect(catalog.validate(eventOf(type, 1))).toEqual(unknown);
    expect(catalog.lift(eventOf(type, 1))).toEqual(unknown);
  });

  it("uses a validator as it is given", async () => {
    const seen: unknown[] = [];
    const result = { ok: false as const, issues: [{ path: "/data/a", reason: "no" }] };
    const validate = (data: unknown) => {
      seen.push(data);
      return result;
    };
    const catalog = defineCatalog([defineEvent("t", { validator: { validate } })]);
    await catalog.compile();
    expect(catalog.validate(eventOf("t", 5))).toBe(result);
    expect(seen).toEqual([5]);
  });
});

describe("declared extensions", () => {
  const max = 2 ** 31 - 1;

  it.each([
    [{}, []],
    [{ severitynumber: max, internal: false, team: "a" }, []],
    [{ severitynumber: -max - 1 }, []],
    [{ severitynumber: undefined }, []],
    [{ severitynumber: max + 1 }, [["/severitynumber", "must be a 32 bit integer"]]],
    [{ severitynumber: 1.5 }, [["/severitynumber", "must be a 32 bit integer"]]],
    [{ severitynumber: "5" }, [["/severitynumber", "must be a 32 bit integer"]]],
    [
      { internal: "true", team: 5 },
      [
        ["/internal", "must be true or false"],
        ["/team", "must be a string"],
      ],
    ],
  ])("are checked: %j", async (attributes, problems) => {
    const result = (await started()).validate(eventOf("com.acme.built.v1", { digest: "x" }, attributes));
    expect(result.ok ? [] : result.issues.map(({ path, reason }) => [path, reason])).toEqual(problems);
  });

  it.each([
    [
      { severitynumber: "5", internal: "true", team: "7" },
      { severitynumber: 5, internal: true, team: "7" },
    ],
    [{ severitynumber: "-0" }, { severitynumber: -0 }],
    [
      { severitynumber: `${-max - 1}`, internal: "false" },
      { severitynumber: -max - 1, internal: false },
    ],
  ])("are read from text when an event is received: %j", async (sent, read) => {
    const event = eventOf("com.acme.built.v1", { digest: "x" }, sent);
    const lifted = (await started()).lift(event);
    expect(lifted).toEqual({ ok: true, event: { ...event, ...read } });
  });

  it.each([
    ...["", " 5", "5.0", "0x5", "05", "+5", "1e3", `${max + 1}`, "five"].map((text) => ({
      severitynumber: text,
    })),
    ...["True", "1", ""].map((text) => ({ internal: text })),
  ])("that do not read are not valid: %j", async (attributes) => {
    const lifted = (await started()).lift(eventOf("com.acme.built.v1", { digest: "x" }, attributes));
    expect(lifted.ok).toBe(false);
  });

  it("that are not declared are left alone", async () => {
    const event = eventOf("com.acme.built.v1", { digest: "x" }, { other: "5" });
    const lifted = (await started()).lift(event);
    expect(lifted.ok && lifted.event).toBe(event);
  });
});
