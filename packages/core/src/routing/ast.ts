/**
 * A filter in its normal form: checked, with one way to say each thing, and free of the spelling it came in. Plain data
 * (but for the predicates), so that several matchers can be built from it.
 */
import type { MeshEvent } from "../event/event.js";
import type { Scalar } from "./operators.js";

export type FilterNode =
  /** One attribute as text, by a dialect. */
  | {
      readonly kind: "attribute";
      readonly name: string;
      readonly op: "exact" | "prefix" | "suffix";
      readonly value: string;
    }
  | { readonly kind: "all"; readonly of: readonly FilterNode[] }
  | { readonly kind: "any"; readonly of: readonly FilterNode[] }
  | { readonly kind: "not"; readonly of: FilterNode }
  /** A pattern whose `$or`s are multiplied out: one of the branches matches the event. */
  | { readonly kind: "pattern"; readonly branches: readonly Branch[] }
  | { readonly kind: "predicate"; readonly test: (event: MeshEvent) => boolean };

/**
 * All that a pattern says of one place in the event and of what is below it. Each field occurs once, so the object that
 * an array contributes is chosen in one place.
 */
export interface Branch {
  /** All of these hold of the values at this place. */
  readonly leaves: readonly Leaf[];
  /** And these of the fields of the object here. */
  readonly fields: readonly FieldBranch[];
}

export interface FieldBranch {
  readonly name: string;
  readonly branch: Branch;
}

/** A list of matchers: any value passes any test, or there is no value and that is allowed. */
export interface Leaf {
  readonly absent: boolean;
  readonly tests: readonly Test[];
}

/** A test of one value. */
export type Test =
  | { readonly op: "present" }
  | { readonly op: "in"; readonly values: ReadonlySet<Scalar> }
  | TextTest
  | {
      readonly op: "range";
      /** Infinite where the range is open-ended. */
      readonly low: number;
      readonly lowIncluded: boolean;
      readonly high: number;
      readonly highIncluded: boolean;
    }
  /** `words` are the 16-bit words of the network, host bits cleared: two for IPv4, eight for IPv6. */
  | { readonly op: "cidr"; readonly words: readonly number[]; readonly bits: number }
  /** None of these. */
  | { readonly op: "not"; readonly tests: readonly Test[] };

export type TextTest =
  /** `value` is folded where case is ignored. */
  | { readonly op: "prefix" | "suffix" | "equal"; readonly value: string; readonly ignoreCase: boolean }
  /** The literal parts between the asterisks, unescaped; one part where there is no asterisk. */
  | { readonly op: "wildcard"; readonly parts: readonly string[] };

/** The keys that make an object a dialect; `sql` is known and refused until it is supported. */
export type DialectName = "exact" | "prefix" | "suffix" | "all" | "any" | "not" | "sql";
