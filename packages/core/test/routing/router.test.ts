import { compileFilter, createRouter, FilterError } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { eventOf, eventWith } from "./make-cases.js";

const event = eventWith({});
const thrower = (): boolean => {
  throw new Error("predicate");
};

describe("router", () => {
  it("returns targets in the order of adding, each once", () => {
    const router = createRouter<string>();
    router.add({ type: ["a.b"] }, "second letter");
    router.add({ exact: { type: "a.b" } }, "b");
    router.add({ exact: { type: "no" } }, "never");
    router.add({ prefix: { type: "a" } }, "a");
    router.add({ prefix: { type: "a." } }, "second letter");
    expect(router.match(event)).toEqual(["second letter", "b", "a"]);
    expect(router.size).toBe(5);
  });

  it("keeps the place of a target whose later filter is the one that matches", () => {
    const router = createRouter<number>();
    router.add({ type: ["no"] }, 1);
    router.add({ type: ["a.b"] }, 2);
    router.add({ type: ["a.b"] }, 1);
    expect(router.match(event)).toEqual([1, 2]);
  });

  it("removes a target with all its filters, and puts it last when it comes back", () => {
    const router = createRouter<string>();
    router.add({ type: ["a.b"] }, "x");
    router.add({ source: ["/ci"] }, "x");
    router.add({ type: ["a.b"] }, "y");
    expect(router.remove("x")).toBe(true);
    expect(router.remove("x")).toBe(false);
    expect(router.match(event)).toEqual(["y"]);
    expect(router.size).toBe(1);
    router.add({ type: ["a.b"] }, "x");
    expect(router.match(event)).toEqual(["y", "x"]);
  });

  it("matches nothing when empty, and gives a list of its own each time", () => {
    const router = createRouter<object>();
    expect(router.match(event)).toEqual([]);
    const target = {};
    router.add({ type: ["a.b"] }, target);
    router.match(event).pop();
    expect(router.match(event)).toEqual([target]);
  });

  it("is not changed by changes to a filter object after it was added", () => {
    const types = ["a.b"];
    const router = createRouter<string>();
    router.add({ type: types }, "x");
    types[0] = "other";
    expect(router.match(event)).toEqual(["x"]);
  });

  it("goes on when a predicate throws, and reports it", () => {
    const errors: unknown[] = [];
    const router = createRouter<string>({ onError: (error) => errors.push(error) });
    router.add(thrower, "throws");
    router.add({ type: ["a.b"] }, "fine");
    expect(router.match(event)).toEqual(["fine"]);
    expect(errors).toEqual([new Error("predicate")]);
  });
});

describe("a predicate that fails", () => {
  it("is false where it stands, and each time reported once", () => {
    const errors: unknown[] = [];
    const onError = (error: unknown): void => {
      errors.push(error);
    };
    expect(compileFilter(thrower, { onError })(event)).toBe(false);
    expect(compileFilter({ not: thrower }, { onError })(event)).toBe(true);
    expect(compileFilter({ any: [thrower, { type: ["a.b"] }] }, { onError })(event)).toBe(true);
    expect(compileFilter({ all: [thrower, thrower] }, { onError })(event)).toBe(false);
    expect(errors).toHaveLength(4);
  });

  it("fails by returning anything but a boolean, such as a promise", () => {
    const errors: unknown[] = [];
    const wrong: readonly unknown[] = [Promise.resolve(true), 1, "yes", undefined, null, {}];
    for (const result of wrong) {
      const filter = (() => result) as () => boolean;
      expect(compileFilter(filter, { onError: (error) => errors.push(error) })(event)).toBe(false);
    }
    expect(errors).toHaveLength(wrong.length);
    for (const error of errors) expect(error).toMatchObject({ code: "FILTER_PREDICATE_RESULT" });
    expect(errors[0]).toBeInstanceOf(FilterError);
  });

  it("needs no observer, and survives one that throws", () => {
    expect(compileFilter(thrower)(event)).toBe(false);
    const onError = (): never => {
      throw new Error("observer");
    };
    expect(compileFilter(thrower, { onError })(event)).toBe(false);
  });
});

describe("data that is no plain JSON", () => {
  it("is false and reported where it cannot be read", () => {
    const errors: unknown[] = [];
    const data = Object.defineProperty({}, "f", { enumerable: true, get: thrower });
    const matches = compileFilter({ data: { f: ["x"] } }, { onError: (error) => errors.push(error) });
    expect(matches(eventOf(data))).toBe(false);
    expect(errors).toHaveLength(1);
  });

  it("counts as missing where it is no value", () => {
    const missing = compileFilter({ data: { f: [{ exists: false }] } });
    for (const f of [undefined, () => 1, Symbol("x"), 5n, new Map(), new Date(0)])
      expect(missing(eventOf({ f }))).toBe(true);
  });

  it("counts as missing where it is inherited", () => {
    const inheriting = Object.assign(Object.create({ subject: "x" }), eventOf(Object.create({ f: "x" })));
    expect(compileFilter({ data: { f: ["x"] } })(inheriting)).toBe(false);
    expect(compileFilter({ subject: ["x"] })(inheriting)).toBe(false);
    expect(compileFilter({ exact: { subject: "x" } })(inheriting)).toBe(false);
  });

  it("is looked into 64 arrays deep, and no deeper", () => {
    const within = (depth: number): unknown =>
      Array.from({ length: depth }).reduce((inner) => [inner], "x" as unknown);
    const matches = compileFilter({ data: ["x"] });
    expect(matches(eventOf(within(65)))).toBe(true);
    expect(matches(eventOf(within(66)))).toBe(false);
    expect(matches(eventOf(within(100_000)))).toBe(false);
  });

  it("may be long", () => {
    const items = [...Array.from({ length: 200_000 }, () => ({ a: 1 })), { a: 2, b: "x" }];
    expect(compileFilter({ data: { items: { a: [2], b: ["x"] } } })(eventOf({ items }))).toBe(true);
    expect(compileFilter({ data: { items: { c: [{ exists: false }] } } })(eventOf({ items }))).toBe(true);
  });

  it("takes time in proportion to the text, whatever the wildcard", () => {
    const wildcard = `${"*a".repeat(200)}*b*`;
    expect(compileFilter({ data: [{ wildcard }] })(eventOf("a".repeat(200_000)))).toBe(false);
  });
});
