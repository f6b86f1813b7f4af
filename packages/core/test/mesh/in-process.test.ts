import { defineCatalog, defineEvent, formatEvent, type MeshEvent, parseEvent } from "@meshwright/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyEvent } from "../codec/arbitraries.js";
import { eventually, makeMesh } from "./support.js";

const anything = defineEvent("com.acme.anything.v1", {
  validator: { validate: (data: unknown) => ({ ok: true, data }) },
});
const catalog = defineCatalog([anything]);

const cloudEvent = `{"specversion":"1.0","id":"1","source":"/ci","type":"${anything.type}","subject":"s"}`;

/** Values that JSON leaves out or changes, as data and as attributes. */
const odd = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  fc.constantFrom({ zero: -0 }, { subject: undefined }, { time: null }),
  fc.constantFrom<object[]>({ data: -0 }, { data: { when: new Date(0), gone: undefined, nan: Number.NaN } }),
);

/** Any event, but that it has data, does not expire and carries no claim check. */
const event = fc.tuple(anyEvent, odd).map(([{ expirytime: _, dataref: __, ...any }, members]): MeshEvent => {
  const json = "data" in members || any.data === undefined;
  const datacontenttype = json ? "application/json" : any.datacontenttype;
  const event = { ...any, data: any.data ?? null, ...members, type: anything.type };
  return (datacontenttype === undefined ? event : { ...event, datacontenttype }) as MeshEvent;
});

/** What handlers of two groups get, and what either does to its event. */
async function twoGroups(spoil: (event: MeshEvent) => void = () => undefined) {
  const mesh = makeMesh({ catalog });
  const seen: MeshEvent[] = [];
  const other: MeshEvent[] = [];
  mesh.on(anything.type, (event) => {
    seen.push(structuredClone(event));
    spoil(event);
  });
  mesh.on(anything.type, { name: "other" }, (event) => void other.push(event));
  await mesh.start();
  const received = async (count: number): Promise<void> =>
    eventually("the events", () => seen.length === count && other.length === count);
  return { mesh, seen, other, received };
}

describe("an event that does not leave the process", () => {
  it("arrives as JSON would have made it", async () => {
    const { mesh, seen, received } = await twoGroups();
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 20 }), async (events) => {
        const before = seen.length;
        await Promise.all(events.map((one) => mesh.forward(one, { key: "one" })));
        await received(before + events.length);
        expect(seen.slice(before)).toStrictEqual(events.map((one) => parseEvent(formatEvent(one))));
      }),
      { numRuns: 50 },
    );
  });

  it("is what it was when it was published, and each group's own", async () => {
    const { mesh, seen, other, received } = await twoGroups((event) => {
      (event.data as { labels: string[] }).labels.push("spoilt");
      Object.assign(event, { subject: "spoilt" });
    });
    const mine = { ...parseEvent(cloudEvent), data: { labels: ["a"] } };
    const forwarded = mesh.forward(mine);
    mine.data.labels.push("too late");
    Object.assign(mine, { subject: "too late" });
    await forwarded;
    await received(1);
    for (const event of [...seen, ...other]) {
      expect(event).toMatchObject({ subject: "s", data: { labels: ["a"] } });
    }
  });

  it("is measured as JSON would be", async () => {
    const mesh = makeMesh({ catalog, maxEventBytes: 600 });
    await mesh.start();
    const lengthOf = (event: MeshEvent): number => Buffer.byteLength(formatEvent(event));
    const event = await mesh.publish(anything.type, "€", { subject: '"' });
    const room = 600 - lengthOf(event);
    const fitting = { ...event, data: `€${"x".repeat(room)}` };
    expect(lengthOf(fitting)).toBe(600);
    await mesh.forward(fitting);
    const over = { ...event, data: `€${"x".repeat(room + 1)}` };
    await expect(mesh.forward(over)).rejects.toMatchObject({ code: "EVENT_TOO_LARGE" });
  });
});
