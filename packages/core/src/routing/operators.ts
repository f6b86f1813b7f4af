/**
 * The matchers of a pattern: what can be said of one value. A field's list matches if any matcher in it does.
 *
 * What holds for all of them:
 * - A missing field matches nothing but `{ exists: false }`.
 * - A value of another type than the operator's does not match: `prefix` does not see numbers, `numeric` does not see "7".
 * - `null` is a value: it equals `null`, exists, and is anything but other values.
 * - The empty string is a value. As a prefix, suffix or wildcard it is refused, for it would match every string, which
 *   is nearly always a variable that was not set.
 * - Of an array, one matching element is enough, also for `anything-but`: of ["a", "b"], `{ "anything-but": "a" }`
 *   matches "b". To say that no element is "a": `{ not: { data: { field: ["a"] } } }`.
 * - Binary data exists, is anything but any value, and matches nothing else.
 */

export type Scalar = string | number | boolean | null;

/** A matcher for values of type `S`. A value by itself is matched by equal ones of the same type: 5 by 5.0, not by "5". */
export type Matcher<S = Scalar> =
  | S
  | ExistsMatcher
  | AnythingButMatcher<S>
  | ([Extract<S, string>] extends [never] ? never : TextMatcher | CidrMatcher)
  | ([Extract<S, number>] extends [never] ? never : NumericMatcher);

export type TextMatcher = PrefixMatcher | SuffixMatcher | EqualsIgnoreCaseMatcher | WildcardMatcher;

/** The string begins with this; never empty. */
export interface PrefixMatcher {
  readonly prefix: string | EqualsIgnoreCaseMatcher;
}

/** The string ends with this; never empty. */
export interface SuffixMatcher {
  readonly suffix: string | EqualsIgnoreCaseMatcher;
}

/** The strings are equal in lower case, by Unicode's mapping of no language; a final sigma is a sigma. */
export interface EqualsIgnoreCaseMatcher {
  readonly "equals-ignore-case": string;
}

/**
 * The whole string fits, where `*` stands for any run of characters, also none. `\*` is an asterisk and `\\` a
 * backslash; no other escape exists. `**` is refused.
 */
export interface WildcardMatcher {
  readonly wildcard: string;
}

/**
 * There is a value, and it is none of these: not equal to the value or to any of the list (types may be mixed), or not
 * fitting the text matcher, whose operand may be a list here. A missing field does not match; `null` and values of
 * other types do.
 */
export interface AnythingButMatcher<S = Scalar> {
  readonly "anything-but": S | readonly S[] | AnythingButText;
}

export type AnythingButText =
  | { readonly prefix: OneOrMore<string | EqualsIgnoreCaseMatcher> }
  | { readonly suffix: OneOrMore<string | EqualsIgnoreCaseMatcher> }
  | { readonly "equals-ignore-case": OneOrMore<string> }
  | { readonly wildcard: OneOrMore<string> };

type OneOrMore<T> = T | readonly T[];

/**
 * A comparison with a number, or two that make a range. Numbers are doubles, and finite. A range that holds no number
 * is refused.
 * @example { numeric: [">=", 7] }
 * @example { numeric: [">", 0, "<=", 5] }
 */
export interface NumericMatcher {
  readonly numeric:
    | readonly ["=" | Bound, number]
    | readonly [LowerBound, number, UpperBound, number]
    | readonly [UpperBound, number, LowerBound, number];
}

type LowerBound = ">" | ">=";
type UpperBound = "<" | "<=";
type Bound = LowerBound | UpperBound;

/**
 * A string that is an IP address within the block, IPv4 or IPv6. The families do not mix: an IPv4 block does not hold
 * `::ffff:10.0.0.1`. Addresses with a zone or with leading zeros in an IPv4 part are no addresses.
 * @example { cidr: "10.0.0.0/8" }
 */
export interface CidrMatcher {
  readonly cidr: string;
}

/**
 * Whether there is a value at all: a string, number, boolean, null or bytes. Leaves only, as in EventBridge: an object
 * or an array of objects is no value, so `{ exists: true }` on it is false and `{ exists: false }` true.
 * Among the fields of an array's objects, `false` means that no object has the field; where other fields of the pattern
 * pick out one object, that this one has not.
 */
export interface ExistsMatcher {
  readonly exists: boolean;
}
