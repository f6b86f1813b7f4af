import { describe, expect, it } from "vitest";
import {
  artifactPackaged,
  cdevent,
  changeMerged,
  customText,
  stableId,
  toEntry,
  toPublish,
} from "../src/index.js";
import { expectValid } from "./examples.js";

const merged = cdevent(changeMerged, {
  id: "1",
  source: "https://github.com/acme/shop",
  timestamp: "2026-11-02T09:00:00.123456Z",
  subject: { id: "acme/shop/pull/7", content: { repository: { id: "acme/shop" } } },
  customData: { mergeSha: "b2", size: 3 },
});

describe("cdevent", () => {
  it("makes an event of the definition's type and of this version, with nothing that was not said", async () => {
    expect(merged).toEqual({
      context: {
        specversion: "0.5.1",
        id: "1",
        source: "https://github.com/acme/shop",
        type: "dev.cdevents.change.merged.0.3.0",
        timestamp: "2026-11-02T09:00:00.123456Z",
      },
      subject: { id: "acme/shop/pull/7", content: { repository: { id: "acme/shop" } } },
      customData: { mergeSha: "b2", size: 3 },
    });
    await expectValid(merged);
  });

  it("carries chain, links, schema and custom data where they are said", async () => {
    const packaged = cdevent(artifactPackaged, {
      id: stableId(merged.context.id, "packaged"),
      source: "/builder",
      timestamp: "2026-11-02T09:05:00Z",
      subject: { id: "pkg:github/acme/shop@b2", content: { change: { id: merged.subject.id } } },
      chainId: "chain",
      links: [{ linkType: "PATH", from: { contextId: merged.context.id } }],
      schemaUri: "https://acme.example/packaged",
      customData: "AAEC",
      customDataContentType: "application/octet-stream",
    });
    expect(packaged.context).toMatchObject({ chainId: "chain", schemaUri: "https://acme.example/packaged" });
    expect(packaged.context.links).toHaveLength(1);
    expect(packaged).toMatchObject({ customData: "AAEC", customDataContentType: "application/octet-stream" });
    await expectValid(packaged);
  });
});

describe("toEntry", () => {
  it("is what toPublish gives, flat, for publishAll", () => {
    const { type, data, options } = toPublish(merged);
    expect(toEntry(merged, { correlationid: "chain" })).toEqual({
      type,
      data,
      ...options,
      correlationid: "chain",
    });
    expect(toEntry(merged)).not.toHaveProperty("correlationid");
  });
});

describe("toPublish", () => {
  it("binds the event to a CloudEvent as the specification says", () => {
    expect(toPublish(merged)).toEqual({
      type: "dev.cdevents.change.merged.0.3.0",
      data: merged,
      options: {
        id: "1",
        source: "https://github.com/acme/shop",
        subject: "acme/shop/pull/7",
        time: "2026-11-02T09:00:00.123456Z",
        datacontenttype: "application/cdevents+json",
      },
    });
  });
});

describe("customText", () => {
  it("reads a text, and nothing else", () => {
    expect(customText(merged, "mergeSha")).toBe("b2");
    expect(customText(merged, "size")).toBeUndefined();
    expect(customText(merged, "toString")).toBeUndefined();
    expect(customText({ ...merged, customData: "AAEC" }, "length")).toBeUndefined();
    const { customData: _, ...bare } = merged;
    expect(customText(bare, "mergeSha")).toBeUndefined();
  });
});

describe("stableId", () => {
  it("is a UUIDv8 that follows from its parts, for ever", () => {
    expect(stableId("a", "b")).toBe("d3bfd0a2-18bb-80b3-88a5-71e4fff25d38");
    expect(stableId("a", "b")).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it("differs with the boundaries of the parts", () => {
    expect(
      new Set([stableId("ab", "c"), stableId("a", "bc"), stableId("abc"), stableId("abc", "")]).size,
    ).toBe(4);
  });
});
