/** Checked by the compiler: what must not compile is marked, and an unused mark is an error. */
import { compileFilter, createRouter, type Filter, type MeshEvent } from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";

type Finished = MeshEvent<
  "scan.finished",
  {
    readonly severity: "low" | "high";
    readonly score?: number;
    readonly passed: boolean;
    readonly note: string | null;
    readonly findings: readonly { readonly rule: string; readonly lines: readonly number[] }[];
    readonly labels: Readonly<Record<string, string>>;
    readonly raw: unknown;
    readonly target: string | { readonly digest: string };
  }
>;
type Started = MeshEvent<
  "scan.started",
  { readonly tool: { readonly name: string; readonly version: string } }
>;
type Tagged = MeshEvent & {
  readonly severitynumber?: number;
  readonly sampled?: boolean;
  readonly all?: string;
};

/** The filter, if it compiles. What is refused at run time, too, is not compiled here. */
function typed<E extends MeshEvent>(filters: readonly Filter<E>[]): number {
  return filters.length;
}

describe("filters for events whose data is known", () => {
  it("take its fields", () => {
    typed<Finished>([
      { type: ["scan.finished"], source: [{ prefix: "/ci" }] },
      { data: { severity: ["high"], score: [{ numeric: [">=", 7] }, { exists: false }], passed: [true] } },
      { data: { note: [null, { wildcard: "*x*" }, { "anything-but": { suffix: [".tmp"] } }] } },
      { data: { findings: { rule: [{ "equals-ignore-case": "x" }], lines: [{ numeric: ["<", 10] }] } } },
      { data: { labels: { team: ["core"], $or: [{ a: ["b"] }] } } },
      { data: { raw: { anything: { goes: [1, "x"] }, list: ["a"] } } },
      { data: { target: ["sha256:1"] } },
      { data: { target: { digest: [{ cidr: "10.0.0.0/8" }] } } },
      { data: { $or: [{ severity: ["low"] }, { findings: { rule: ["x"] } }] } },
      { $or: [{ data: { passed: [false] } }, { subject: ["x"] }] },
      {
        all: [
          { exact: { type: "scan.finished" } },
          { not: { data: { passed: [true] } } },
          (event) => event.data.passed,
        ],
      },
    ]);
  });

  it("refuse other fields, other values and operators for other types", () => {
    typed<Finished>([
      // @ts-expect-error: no such field
      { data: { severty: ["high"] } },
      // @ts-expect-error: no such field in the elements
      { data: { findings: { rul: ["x"] } } },
      // @ts-expect-error: no such field below $or
      { data: { $or: [{ severty: ["high"] }] } },
      // @ts-expect-error: no such field below a top-level $or
      { $or: [{ data: { severty: ["high"] } }] },
      // @ts-expect-error: no such field below a dialect
      { all: [{ not: { data: { severty: ["high"] } } }] },
      // @ts-expect-error: no such value
      { data: { severity: ["critical"] } },
      // @ts-expect-error: another type
      { data: { score: ["7"] } },
      // @ts-expect-error: an operator for text
      { data: { score: [{ prefix: "7" }] } },
      // @ts-expect-error: an operator for numbers
      { data: { severity: [{ numeric: ["=", 1] }] } },
      // @ts-expect-error: a value that is not in a list
      { data: { passed: true } },
      // @ts-expect-error: matchers for an object
      { data: { findings: ["x"] } },
      // @ts-expect-error: fields of a scalar
      { data: { severity: { level: ["high"] } } },
      // @ts-expect-error: no such operator
      { data: { note: [{ regex: "x" }] } },
      // @ts-expect-error: two lower bounds
      { data: { score: [{ numeric: [">", 1, ">", 2] }] } },
      // @ts-expect-error: no such event type
      { type: ["scan.finishd"] },
      // @ts-expect-error: no such field
      (event) => event.data.severty === "high",
      // @ts-expect-error: a promise is no answer
      async (event) => event.data.passed,
    ]);
  });

  it("take the fields of every member of a union", () => {
    typed<Finished | Started>([
      { type: ["scan.finished", "scan.started"] },
      { data: { severity: ["high"] } },
      { data: { tool: { name: ["trivy"] } } },
      (event) => event.type === "scan.started" && event.data.tool.name === "trivy",
      // @ts-expect-error: a field of neither
      { data: { tol: { name: ["trivy"] } } },
      // @ts-expect-error: not without a look at the type
      (event) => event.data.tool.name === "trivy",
    ]);
  });
});

describe("filters for events of which nothing is known", () => {
  it("take any data, and the attributes that every event may have", () => {
    typed<MeshEvent>([
      { type: ["a.b", { prefix: "a." }], subject: [{ exists: false }] },
      { data: { a: { b: { c: ["x", 1, true, null] } }, $or: [{ d: ["x"] }, { e: { f: [1] } }] } },
      { data: ["text"] },
      { exact: { type: "a.b", partitionkey: "x" } },
      // @ts-expect-error: no such attribute
      { tpye: ["a.b"] },
      // @ts-expect-error: no such attribute
      { exact: { tpye: "a.b" } },
      // @ts-expect-error: the data is no attribute
      { exact: { data: "a.b" } },
      // @ts-expect-error: dialects compare text
      { exact: { type: ["a.b"] } },
      // @ts-expect-error: a dialect stands alone
      { exact: { type: "a.b" }, source: ["/ci"] },
      // @ts-expect-error: not supported
      { sql: "type = 'a.b'" },
      // @ts-expect-error: no such operator in data of any kind
      { data: { a: [{ prefx: "x" }] } },
      // @ts-expect-error: a value that is not in a list
      { data: { a: "x" } },
    ]);
  });

  it("take extension attributes once they are named", () => {
    typed<Tagged>([
      { severitynumber: [{ numeric: [">", 7] }], sampled: [true] },
      { exact: { severitynumber: "7", all: "x" } },
      { $or: [{ all: ["x"] }] },
      // @ts-expect-error: another type
      { severitynumber: ["7"] },
      // @ts-expect-error: here `all` is the dialect
      { all: ["x"] },
      // @ts-expect-error: an attribute of no event
      { severitytext: ["high"] },
    ]);
  });
});

describe("functions that take filters", () => {
  it("need no type argument for what is not known, and take one for what is", () => {
    const matches = compileFilter({ data: { severity: ["high"] } });
    expectTypeOf(matches).toEqualTypeOf<(event: MeshEvent) => boolean>();

    expectTypeOf(compileFilter<Started>({ data: { tool: { name: ["x"] } } }))
      .parameter(0)
      .toEqualTypeOf<Started>();
    expectTypeOf(compileFilter((event: Started) => event.data.tool.name === "x"))
      .parameter(0)
      .toEqualTypeOf<Started>();
    // @ts-expect-error: no such field
    compileFilter<Started>({ data: { tol: { name: ["x"] } } });
  });

  it("type the router's targets and events", () => {
    const router = createRouter<{ name: string }, Started>();
    router.add({ data: { tool: { name: ["x"] } } }, { name: "x" });
    // @ts-expect-error: no such field
    router.add({ data: { tol: { name: ["x"] } } }, { name: "x" });
    // @ts-expect-error: another target
    router.add({ type: ["scan.started"] }, "x");
    expectTypeOf(router.match).returns.toEqualTypeOf<{ name: string }[]>();
  });
});
