import { decider, defineCatalog, defineEvent } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { given } from "../../src/index.js";

const catalog = defineCatalog([
  defineEvent("com.acme.counted.v1", {
    schema: { type: "object", required: ["by"], properties: { by: { type: "integer" } } },
  }),
]);
const counter = decider({
  catalog,
  initial: 0,
  evolve: (count, event) => count + event.data.by,
  decide(by: number, count) {
    if (count + by > 10) throw new Error("too many");
    return by === 0 ? undefined : { type: "com.acme.counted.v1", data: { by } };
  },
});
const counted = (by: number) => ({ type: "com.acme.counted.v1", data: { by } });

describe("given", () => {
  it("tells what is decided, and the states before and after", async () => {
    const before = given(counter, [counted(3), counted(4)]);
    expect(before.state).toBe(7);
    expect(await before.when(2)).toEqual({ events: [counted(2)], state: 9 });
    expect(await before.when(0)).toEqual({ events: [], state: 7 });
    await expect(before.when(4)).rejects.toThrow("too many");
  });

  it("begins with nothing", async () => {
    expect(await given(counter).when(1)).toEqual({ events: [counted(1)], state: 1 });
  });
});
