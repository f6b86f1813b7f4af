/** Arrays in the event: any element will do, elements do not mix. */
import { cases, eventOf, type FilterCase, fieldCases } from "./make-cases.js";

const john = { first: "John", last: "Doe" };
const anna = { first: "Anna", last: "Smith" };
const peter = { first: "Peter", last: "Jones" };
const people = eventOf({ people: [john, anna, peter] });
const nested = eventOf({ people: [[john, anna], [peter]] });
const items = (...list: readonly unknown[]): ReturnType<typeof eventOf> => eventOf({ items: list });

export const arrayCases: readonly FilterCase[] = [
  ...fieldCases(["a"], {
    yes: [["a"], ["b", "a"], [["b"], ["a"]], [{ x: 1 }, "a"]],
    no: [["b"], [], [[]], [{ a: "a" }], [null]],
  }),
  ...fieldCases([null], { yes: [[null]], no: [[]] }),
  // anything-but wants one element that is something else, as in event-ruler.
  ...fieldCases([{ "anything-but": "a" }], {
    yes: [["b"], ["a", "b"], [["a"], ["b"]]],
    no: [["a"], ["a", "a"], [], [{}]],
  }),
  ...cases(
    { not: { data: { f: ["a"] } } },
    { yes: [eventOf({ f: ["b"] }), eventOf({})], no: [eventOf({ f: ["a", "b"] })] },
  ),
  ...fieldCases([{ numeric: [">", 5] }], { yes: [[1, 9]], no: [[1, 5]] }),

  // The example of event-ruler's documentation.
  ...cases({ data: { people: { first: ["Anna"] } } }, { yes: [people, nested] }),
  ...cases({ data: { people: { first: ["Anna"], last: ["Smith"] } } }, { yes: [people, nested] }),
  ...cases({ data: { people: { first: ["Anna"], last: ["Jones"] } } }, { no: [people, nested] }),
  // Written in two places, it is the same element still.
  ...cases(
    {
      data: {
        people: { first: ["Anna"] },
        $or: [{ people: { last: ["Jones"] } }, { people: { last: ["Smith"] } }],
      },
    },
    {
      yes: [people, nested],
      no: [eventOf({ people: [john, peter] }), eventOf({ people: [{ first: "Anna" }, { last: "Smith" }] })],
    },
  ),
  ...cases(
    {
      data: { people: { first: ["Anna"] } },
      $or: [{ data: { people: { last: ["Jones"] } } }, { type: ["x"] }],
    },
    { no: [people], yes: [eventOf({ people: { first: "Anna", last: "Jones" } })] },
  ),
  // Filters beside each other are separate: each may pick its own element.
  ...cases(
    { all: [{ data: { people: { first: ["Anna"] } } }, { data: { people: { last: ["Jones"] } } }] },
    { yes: [people] },
  ),

  // Arrays within the objects of arrays.
  ...cases(
    { data: { items: { a: { b: [1], c: [2] }, d: [3] } } },
    {
      yes: [items({ a: [{ b: 1, c: 2 }], d: 3 }), items({ a: [{ b: 0 }, { b: 1, c: 2 }], d: [0, 3] })],
      no: [
        items({ a: [{ b: 1 }, { c: 2 }], d: 3 }),
        items({ a: [{ b: 1, c: 2 }] }, { d: 3 }),
        items({ a: [{ b: 1 }], d: 3 }, { a: [{ c: 2 }], d: 3 }),
      ],
    },
  ),
  // Separate arrays do not depend on each other; nor do values that are no objects.
  ...cases(
    { data: { a: { x: [1] }, b: { y: [2] } } },
    { yes: [eventOf({ a: [{ x: 0 }, { x: 1 }], b: [{ y: 2 }, { y: 0 }] })] },
  ),
  ...cases(
    { data: { f: ["a"], $or: [{ f: ["b"] }] } },
    { yes: [eventOf({ f: ["a", "b"] })], no: [eventOf({ f: ["a"] })] },
  ),
  ...cases(
    { data: { f: ["a"], $or: [{ f: { x: [1] } }] } },
    { yes: [eventOf({ f: ["a", { x: 1 }] })], no: [eventOf({ f: ["a"] }), eventOf({ f: { x: 1 } })] },
  ),
  // Data that is an array itself.
  ...cases(
    { data: { a: [1], b: [2] } },
    { yes: [eventOf([{ a: 1, b: 2 }])], no: [eventOf([{ a: 1 }, { b: 2 }]), eventOf([])] },
  ),

  // Absence: in no object of the array, unless another field has picked one out.
  ...cases(
    { data: { items: { a: [{ exists: false }] } } },
    {
      yes: [items({ b: 1 }), items(), items(1), eventOf({}), items({ a: {} }, { a: [] })],
      no: [items({ a: 1 }), items({ a: 1 }, { b: 1 }), items({ b: 1 }, { a: null })],
    },
  ),
  ...cases(
    { data: { items: { a: [{ exists: false }], b: ["x"] } } },
    {
      yes: [items({ a: 1, b: "y" }, { b: "x" })],
      no: [items({ a: 1, b: "x" }, { b: "y" }), items({ a: 1, b: "x" })],
    },
  ),
  ...cases(
    { data: { items: { z: [{ exists: false }], b: ["x"] } } },
    { yes: [items({ z: 1, b: "y" }, { b: "x" })], no: [items({ z: 1, b: "x" })] },
  ),
  ...cases(
    { data: { items: { a: ["x", { exists: false }], b: ["y", { exists: false }] } } },
    {
      yes: [
        items(),
        items({ c: 1 }),
        items({ a: "x" }, { a: "-" }),
        items({ a: "x", b: "y" }),
        items({ b: "y" }, { b: "-" }),
      ],
      no: [
        items({ a: "-" }),
        items({ a: "x", b: "-" }),
        items({ a: "-" }, {}),
        items({ a: "-", b: "y" }, { c: 1 }),
      ],
    },
  ),
  ...cases(
    { data: { items: { id: [1], tags: { name: [{ exists: false }] } } } },
    {
      yes: [items({ id: 1, tags: [{ x: 1 }, { y: 1 }] }, { tags: { name: 1 } })],
      no: [items({ id: 1, tags: [{ x: 1 }, { name: "n" }] })],
    },
  ),
];
