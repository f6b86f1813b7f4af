/** Filters and events from few words, so that they often meet. */
import type { Filter, MeshEvent } from "@meshwright/core";
import fc from "fast-check";

const field = fc.constantFrom("a", "b");
const text = fc.constantFrom("a", "b", "ab", "ba", "aB", "A", "aab");
const glob = fc.constantFrom("*", "a*", "*b", "a*b", "*a*", "\\*", "a*a*b", "ab");
const address = fc.constantFrom("10.0.0.1", "10.1.2.3", "11.0.0.0", "2001:db8::1", "2001:db9::", "::1");
const block = fc.constantFrom(
  "10.0.0.0/8",
  "10.1.0.0/15",
  "10.0.0.1/32",
  "2001:db8::/31",
  "::/1",
  "2001:db8::/127",
);
const number = fc.constantFrom(0, 1, 2, 2.5, 5);
const scalar = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "ab", 1) },
  { weight: 2, arbitrary: text },
  { weight: 2, arbitrary: number },
  fc.constantFrom(true, false, null, "", "*"),
  address,
);

const ignoring = text.map((word) => ({ "equals-ignore-case": word }));
const textOrList = fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 2 }));
const range = fc
  .tuple(fc.constantFrom(">", ">="), number, fc.constantFrom("<", "<="), number)
  .filter(([, low, , high]) => low < high);

const matcher = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: fc.boolean().map((exists) => ({ exists })) },
  fc.oneof(text, ignoring).map((prefix) => ({ prefix })),
  fc.oneof(text, ignoring).map((suffix) => ({ suffix })),
  ignoring,
  glob.map((wildcard) => ({ wildcard })),
  block.map((cidr) => ({ cidr })),
  fc.tuple(fc.constantFrom("=", "<", "<=", ">", ">="), number).map((numeric) => ({ numeric })),
  range.map((numeric) => ({ numeric })),
  fc
    .oneof(
      scalar,
      fc.array(scalar, { minLength: 1, maxLength: 3 }),
      textOrList.map((prefix) => ({ prefix })),
      textOrList.map((suffix) => ({ suffix })),
      textOrList.map((word) => ({ "equals-ignore-case": word })),
      glob.map((wildcard) => ({ wildcard })),
    )
    .map((operand) => ({ "anything-but": operand })),
);
const leaf = fc.array(matcher, { minLength: 1, maxLength: 3 });

/** Fields with other fields below them to a depth, so that the `$or`s do not multiply out to too many branches. */
function fieldsTo(depth: number): fc.Arbitrary<object> {
  const node = depth === 0 ? leaf : fc.oneof(leaf, fieldsTo(depth - 1));
  const members = fc.dictionary(field, node, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  if (depth === 0) return members;
  const or = fc.array(fieldsTo(depth - 1), { minLength: 1, maxLength: 2 });
  return fc.oneof(
    { weight: 3, arbitrary: members },
    fc.tuple(members, or).map(([named, $or]) => ({ ...named, $or })),
  );
}

const fields = fieldsTo(2);

/** Patterns over data, and sometimes attributes. */
export const patterns: fc.Arbitrary<Filter> = fc
  .tuple(
    fields,
    fc.option(
      fc.constantFrom(
        { type: [{ prefix: "a" }] },
        { n: [1, { exists: false }] },
        { $or: [{ type: ["a"] }, { data: { a: ["a"] } }] },
      ),
      { freq: 3 },
    ),
  )
  .map(([data, attributes]) => ({ data, ...attributes }) as Filter);

const dialect = fc
  .tuple(
    fc.constantFrom("exact", "prefix", "suffix"),
    fc.dictionary(fc.constantFrom("type", "subject", "n"), fc.constantFrom("a", "ab", "1", "true"), {
      minKeys: 1,
      noNullPrototype: true,
    }),
  )
  .map(([name, attributes]) => ({ [name]: attributes }) as unknown as Filter);

const predicate = fc.constantFrom<Filter>(
  (event) => event.type === "a",
  (event) => event.subject === undefined,
);

/** Filters of all spellings, nested. */
export const filters: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof({ weight: 5, arbitrary: patterns }, { weight: 2, arbitrary: dialect }, predicate),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((all) => ({ all })),
    fc.array(tie("filter"), { minLength: 1, maxLength: 3 }).map((any) => ({ any })),
    tie("filter").map((not) => ({ not })),
  ),
})).filter;

/** JSON in which arrays of objects are common. */
function jsonTo(depth: number): fc.Arbitrary<unknown> {
  if (depth === 0) return scalar;
  const inner = jsonTo(depth - 1);
  const object = fc.dictionary(field, inner, { minKeys: 1, maxKeys: 2, noNullPrototype: true });
  return fc.oneof(scalar, object, fc.array(object, { maxLength: 3 }), fc.array(inner, { maxLength: 3 }));
}

const attributes = fc.record(
  {
    type: fc.constantFrom("a", "ab", "b"),
    subject: fc.constantFrom("a", "ab"),
    n: fc.constantFrom(1, 2, true, "a"),
  },
  { requiredKeys: ["type"] },
);

export const events: fc.Arbitrary<MeshEvent> = eventsOf(
  fc.oneof({ weight: 9, arbitrary: fc.dictionary(field, jsonTo(3), { noNullPrototype: true }) }, jsonTo(4)),
);

/** Events whose data is no JSON at all. */
export const strangeEvents: fc.Arbitrary<MeshEvent> = eventsOf(
  fc.oneof(
    fc.dictionary(
      field,
      fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withTypedArray: true,
        withSparseArray: true,
        withNullPrototype: true,
      }),
    ),
    fc.anything(),
  ),
);

function eventsOf(data: fc.Arbitrary<unknown>): fc.Arbitrary<MeshEvent> {
  return fc
    .tuple(attributes, data)
    .map(
      ([others, payload]) =>
        ({ specversion: "1.0", id: "1", source: "/ci", ...others, data: payload }) as MeshEvent,
    );
}
