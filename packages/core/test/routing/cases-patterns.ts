/** Patterns as a whole: fields, nesting, absence and `$or`. */
import { cases, eventOf, eventWith, type FilterCase } from "./make-cases.js";

export const patternCases: readonly FilterCase[] = [
  ...cases(
    { type: ["a.b", "c"] },
    { yes: [eventWith({}), eventWith({ type: "c" })], no: [eventWith({ type: "a" })] },
  ),
  ...cases(
    { type: ["a.b"], source: [{ prefix: "/c" }] },
    { yes: [eventWith({})], no: [eventWith({ source: "/x" }), eventWith({ type: "x" })] },
  ),
  ...cases(
    { subject: [{ exists: false }] },
    { yes: [eventWith({}), eventWith({ subject: undefined })], no: [eventWith({ subject: "x" })] },
  ),
  // Patterns compare types: an integer attribute is no string.
  ...cases(
    { severitynumber: [7] },
    { yes: [eventWith({ severitynumber: 7 })], no: [eventWith({ severitynumber: "7" })] },
  ),
  ...cases(
    { severitynumber: [{ numeric: [">", 7] }] },
    { yes: [eventWith({ severitynumber: 8 })], no: [eventWith({ severitynumber: 7 })] },
  ),

  // The data itself.
  ...cases(
    { data: ["text"] },
    {
      yes: [eventOf("text"), eventOf(["text"])],
      no: [eventOf("other"), eventOf({ text: "text" }), eventOf(undefined)],
    },
  ),
  ...cases(
    { data: [{ exists: true }] },
    {
      yes: [eventOf(0), eventOf(null), eventOf(""), eventOf(new Uint8Array(0))],
      no: [eventOf(undefined), eventOf({}), eventOf([])],
    },
  ),
  ...cases(
    { data: { 0: [1] } },
    { no: [eventOf(new Uint8Array([1])), eventOf([1]), eventOf("1")], yes: [eventOf({ 0: 1 })] },
  ),
  ...cases({ data: [{ "anything-but": 1 }] }, { yes: [eventOf(new Uint8Array([1]))] }),

  // Nested fields; what stands where an object is expected has no fields.
  ...cases(
    { data: { a: { b: ["x"], c: [1] } } },
    {
      yes: [eventOf({ a: { b: "x", c: 1, d: 2 } })],
      no: [
        eventOf({ a: { b: "x" } }),
        eventOf({ a: "x" }),
        eventOf({ a: null }),
        eventOf(null),
        eventOf({ "a.b": "x" }),
        eventOf({ b: "x", c: 1 }),
      ],
    },
  ),
  ...cases(
    { data: { a: { b: [{ exists: false }] } } },
    {
      yes: [eventOf({}), eventOf(undefined), eventOf(3), eventOf({ a: 1 }), eventOf({ a: {} })],
      no: [eventOf({ a: { b: null } })],
    },
  ),
  ...cases(
    { data: { "": [1], "a/b": [2], "a.b": [3] } },
    { yes: [eventOf({ "": 1, "a/b": 2, "a.b": 3 })], no: [eventOf({ "": 1, a: { b: 3 } })] },
  ),
  // Operators' names are fields like any other where an object of fields stands.
  ...cases(
    { data: { prefix: ["x"], exists: [true] } },
    { yes: [eventOf({ prefix: "x", exists: true })], no: [eventOf({ prefix: "xy", exists: true })] },
  ),
  // Own properties only.
  ...cases(
    { data: { constructor: { name: [{ exists: true }] } } },
    { no: [eventOf({}), eventOf([])], yes: [eventOf({ constructor: { name: "x" } })] },
  ),
  ...cases({ data: { length: [{ exists: true }] } }, { no: [eventOf([1]), eventOf("abc"), eventOf({})] }),
  ...cases(JSON.parse('{"data":{"__proto__":{"a":[1]}}}'), {
    no: [eventOf({ a: 1 })],
    yes: [eventOf(JSON.parse('{"__proto__":{"a":1}}'))],
  }),

  ...cases(
    { constructor: ["x"] },
    { yes: [eventWith({ constructor: "x" })], no: [eventWith({}), eventWith({ constructor: "y" })] },
  ),

  // $or, at every level, together with what stands beside it.
  ...cases(
    { $or: [{ type: ["x"] }, { data: { f: [1] } }] },
    { yes: [eventWith({ type: "x" }), eventOf({ f: 1 })], no: [eventWith({}), eventOf({ f: 2 })] },
  ),
  ...cases(
    { type: ["a.b"], $or: [{ subject: ["x"] }, { subject: [{ exists: false }] }] },
    {
      yes: [eventWith({}), eventWith({ subject: "x" })],
      no: [eventWith({ subject: "y" }), eventWith({ type: "x" })],
    },
  ),
  ...cases(
    { data: { a: [1], $or: [{ b: [2] }, { c: [3], $or: [{ d: [4] }, { e: [5] }] }] } },
    {
      yes: [eventOf({ a: 1, b: 2 }), eventOf({ a: 1, c: 3, d: 4 }), eventOf({ a: 1, c: 3, e: 5 })],
      no: [eventOf({ a: 1 }), eventOf({ a: 1, c: 3 }), eventOf({ b: 2 }), eventOf({ a: 1, d: 4 })],
    },
  ),
  // The same field beside and inside: both must hold.
  ...cases(
    { data: { f: [{ prefix: "a" }], $or: [{ f: [{ suffix: "x" }] }, { f: [{ suffix: "y" }] }] } },
    {
      yes: [eventOf({ f: "ax" }), eventOf({ f: "ay" })],
      no: [eventOf({ f: "a" }), eventOf({ f: "bx" }), eventOf({})],
    },
  ),
  ...cases(
    { data: { f: [{ exists: true }], $or: [{ f: [{ exists: false }] }, { f: ["x", { exists: false }] }] } },
    { yes: [eventOf({ f: "x" })], no: [eventOf({}), eventOf({ f: "y" })] },
  ),
];
