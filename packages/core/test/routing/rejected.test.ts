import { compileFilter, createRouter, type Filter, FilterError } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { eventWith } from "./make-cases.js";

const leaf = (matcher: unknown): unknown => ({ data: { f: [matcher] } });
const nested = (depth: number, inner: unknown): unknown =>
  depth === 0 ? inner : { not: nested(depth - 1, inner) };
const deepData = (depth: number): unknown => (depth === 0 ? ["x"] : { a: deepData(depth - 1) });
const ors = (count: number, width: number): unknown => {
  const or = (i: number): object => ({
    $or: Array.from({ length: width }, (_, j) => ({ [`f${i}${j}`]: [j] })),
  });
  return { data: Object.fromEntries(Array.from({ length: count }, (_, i) => [`o${i}`, or(i)])) };
};
const itself: Record<string, unknown> = {};
itself["all"] = [itself, itself];

const notWritten: readonly (readonly [unknown, string])[] = [
  // The whole.
  ...[undefined, null, 5, "type = 'x'", true, [], [{ exact: { type: "a" } }], {}, new Map()].map(
    (bad) => [bad, ""] as const,
  ),

  // Dialects.
  [{ exact: {} }, "/exact"],
  [{ exact: "a" }, "/exact"],
  [{ exact: [] }, "/exact"],
  [{ exact: { type: "" } }, "/exact/type"],
  [{ prefix: { type: "" } }, "/prefix/type"],
  [{ suffix: { type: "" } }, "/suffix/type"],
  [{ exact: { severitynumber: 7 } }, "/exact/severitynumber"],
  [{ exact: { type: ["a"] } }, "/exact/type"],
  [{ exact: { type: undefined } }, "/exact/type"],
  [{ exact: { "": "a" } }, "/exact/"],
  [{ exact: { dataSchema: "a" } }, "/exact/dataSchema"],
  [{ exact: { "my-name": "a" } }, "/exact/my-name"],
  [{ exact: { data: "a" } }, "/exact/data"],
  [{ all: [] }, "/all"],
  [{ any: [] }, "/any"],
  [{ all: { exact: { type: "a" } } }, "/all"],
  [{ all: ["a.b"] }, "/all/0"],
  [{ any: [{ exact: { type: "a" } }, {}] }, "/any/1"],
  [{ not: [] }, "/not"],
  [{ not: {} }, "/not"],
  [{ not: { any: [{ exact: { type: "" } }] } }, "/not/any/0/exact/type"],
  [{ not: "a", exact: { type: "a" } }, ""],
  [{ exact: { type: "a" }, prefix: { type: "a" } }, ""],
  [{ exact: { type: "a" }, type: ["a"] }, ""],
  [{ all: [{ data: { f: ["x"] }, any: [] }] }, "/all/0"],

  // Patterns.
  [{ type: "a" }, "/type"],
  [{ type: { prefix: "a" } }, "/type"],
  [{ type: [] }, "/type"],
  [{ type: undefined }, "/type"],
  [{ Type: ["a"] }, "/Type"],
  [{ "data.f": ["a"] }, "/data.f"],
  [{ $and: [{ type: ["a"] }] }, "/$and"],
  [{ data: "a" }, "/data"],
  [{ data: null }, "/data"],
  [{ data: {} }, "/data"],
  [{ data: [] }, "/data"],
  [{ data: { f: "a" } }, "/data/f"],
  [{ data: { f: undefined } }, "/data/f"],
  [{ data: { f: [] } }, "/data/f"],
  [{ data: { f: {} } }, "/data/f"],
  [{ data: { f: { prefix: "a" } } }, "/data/f/prefix"],
  [{ data: { "a/b": { "c~d": 1 } } }, "/data/a~1b/c~0d"],
  [{ $or: [] }, "/$or"],
  [{ $or: { type: ["a"] } }, "/$or"],
  [{ $or: [{}] }, "/$or/0"],
  [{ $or: [{ type: ["a"] }, () => true] }, "/$or/1"],
  [{ $or: [{ type: ["a"] }, { exact: { type: "a" } }] }, "/$or/1/exact"],
  [{ data: { $or: [{ f: ["a"] }, { g: "b" }] } }, "/data/$or/1/g"],

  // Matchers.
  ...[undefined, Number.NaN, Number.POSITIVE_INFINITY, ["a"], {}, () => true, 5n, Symbol("x")].map(
    (bad) => [leaf(bad), "/data/f/0"] as const,
  ),
  [{ data: { f: ["a", { prefix: "a", suffix: "b" }] } }, "/data/f/1"],
  [leaf({ preffix: "a" }), "/data/f/0/preffix"],
  [leaf({ toString: "a" }), "/data/f/0/toString"],
  [leaf({ prefix: "" }), "/data/f/0/prefix"],
  [leaf({ prefix: 5 }), "/data/f/0/prefix"],
  [leaf({ prefix: ["a"] }), "/data/f/0/prefix"],
  [leaf({ prefix: { wildcard: "a" } }), "/data/f/0/prefix/wildcard"],
  [leaf({ prefix: { "equals-ignore-case": "" } }), "/data/f/0/prefix/equals-ignore-case"],
  [leaf({ suffix: "" }), "/data/f/0/suffix"],
  [leaf({ suffix: { "equals-ignore-case": 5 } }), "/data/f/0/suffix/equals-ignore-case"],
  [leaf({ "equals-ignore-case": 5 }), "/data/f/0/equals-ignore-case"],
  [leaf({ "equals-ignore-case": ["a"] }), "/data/f/0/equals-ignore-case"],
  [leaf({ wildcard: "" }), "/data/f/0/wildcard"],
  [leaf({ wildcard: "a**b" }), "/data/f/0/wildcard"],
  [leaf({ wildcard: "a\\b" }), "/data/f/0/wildcard"],
  [leaf({ wildcard: "a\\" }), "/data/f/0/wildcard"],
  [leaf({ "anything-but": [] }), "/data/f/0/anything-but"],
  [leaf({ "anything-but": {} }), "/data/f/0/anything-but"],
  [leaf({ "anything-but": ["a", { prefix: "b" }] }), "/data/f/0/anything-but"],
  [leaf({ "anything-but": Number.NaN }), "/data/f/0/anything-but"],
  [leaf({ "anything-but": { numeric: ["=", 5] } }), "/data/f/0/anything-but/numeric"],
  [leaf({ "anything-but": { prefix: [] } }), "/data/f/0/anything-but/prefix"],
  [leaf({ "anything-but": { prefix: "" } }), "/data/f/0/anything-but/prefix"],
  [leaf({ "anything-but": { suffix: ["a", ""] } }), "/data/f/0/anything-but/suffix/1"],
  [leaf({ "anything-but": { wildcard: ["a", "**"] } }), "/data/f/0/anything-but/wildcard/1"],
  ...[
    5,
    [],
    ["="],
    [">", 1, "<"],
    [">", 1, "<", 2, "<", 3],
    ["=", 1, "<", 5],
    [">", 1, ">", 2],
    ["<", 1, "<=", 2],
  ].map((bad) => [leaf({ numeric: bad }), "/data/f/0/numeric"] as const),
  ...[
    [">", 5, "<", 1],
    [">", 5, "<", 5],
    [">=", 5, "<", 5],
    [">", 5, "<=", 5],
    ["<", 1, ">", 5],
  ].map((empty) => [leaf({ numeric: empty }), "/data/f/0/numeric"] as const),
  [leaf({ numeric: ["!=", 1] }), "/data/f/0/numeric/0"],
  [leaf({ numeric: [5, ">"] }), "/data/f/0/numeric/1"],
  [leaf({ numeric: [">", "5"] }), "/data/f/0/numeric/1"],
  [leaf({ numeric: ["=", Number.POSITIVE_INFINITY] }), "/data/f/0/numeric/1"],
  [leaf({ numeric: [">", 1, "=", 5] }), "/data/f/0/numeric/2"],
  [leaf({ numeric: [">", 1, "<", null] }), "/data/f/0/numeric/3"],
  ...[
    5,
    "",
    "10.0.0.0",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/08",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "256.0.0.0/8",
    "::/129",
    "::1::/64",
    "x/8",
    "/8",
  ].map((bad) => [leaf({ cidr: bad }), "/data/f/0/cidr"] as const),
  ...["true", 1, null, undefined].map((bad) => [leaf({ exists: bad }), "/data/f/0/exists"] as const),
];

const tooComplex: readonly (readonly [string, unknown])[] = [
  ["nested too deep", nested(65, { exact: { type: "a" } })],
  ["fields nested too deep", { data: deepData(65) }],
  ["containing itself", itself],
  [
    "larger than 10,000 members",
    { any: Array.from({ length: 10_001 }, (_, i) => ({ exact: { type: `t${i}` } })) },
  ],
  ["of more than 1,000 branches", ors(10, 2)],
];

function refusal(filter: unknown): FilterError {
  try {
    compileFilter(filter as Filter);
  } catch (error) {
    if (error instanceof FilterError) return error;
    throw error;
  }
  throw new Error("the filter was accepted");
}

function expectRefusal(filter: unknown, code: string, path: string): void {
  const { code: actual, path: at, reason, message } = refusal(filter);
  expect({ code: actual, path: at }).toEqual({ code, path });
  expect(message).toBe(`Invalid filter at ${path === "" ? "its root" : path}: ${reason}`);
}

describe("a filter that cannot be right is refused, with its place", () => {
  it.each(notWritten.map(([filter, path], i) => ({ i, filter, path })))(
    "$i: $filter at $path",
    ({ filter, path }) => {
      expectRefusal(filter, "FILTER_INVALID", path);
    },
  );

  it("names a dialect that is not supported", () => {
    expectRefusal({ sql: "type = 'x'" }, "FILTER_DIALECT_UNSUPPORTED", "/sql");
    expectRefusal({ all: [{ not: { sql: "TRUE" } }] }, "FILTER_DIALECT_UNSUPPORTED", "/all/0/not/sql");
  });

  it.each(tooComplex)("one %s", (_name, filter) => {
    expect(refusal(filter).code).toBe("FILTER_TOO_COMPLEX");
  });

  it("never quotes a value of the filter", () => {
    expect(refusal(leaf({ cidr: "secret" })).message).not.toContain("secret");
    expect(refusal({ exact: { type: { secret: 1 } } }).message).not.toContain("secret");
  });

  it("adds nothing to a router", () => {
    const router = createRouter<string>();
    expect(() => router.add({ data: { f: [] } }, "x")).toThrow(FilterError);
    expect(router.size).toBe(0);
  });
});

describe("what is large but right is taken", () => {
  it.each<readonly [string, unknown]>([
    ["64 levels", nested(62, { exact: { type: "x" } })],
    ["a list of 20,000 values", { type: ["a.b", ...Array.from({ length: 20_000 }, (_, i) => `t${i}`)] }],
    ["1,000 branches", { type: ["a.b"], ...(ors(3, 10) as object) }],
  ])("%s", (_name, filter) => {
    expect(() => compileFilter(filter as Filter)(eventWith({}))).not.toThrow();
  });
});
