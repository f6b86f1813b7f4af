/**
 * Routing: who wants an event. This folder holds the filter language (this file and `operators.ts`: what can be
 * written and what it means), its reader (`parse*.ts`: a filter checked and turned into the small normal form of
 * `ast.ts`), and what evaluates the normal form (`evaluate.ts`, `linear.ts`). It imports errors and event only.
 *
 * A filter has three spellings, which nest freely inside `all`, `any` and `not`:
 *
 * 1. A dialect of the CloudEvents Subscriptions API (section 3.2.4): an object with exactly one key, one of `exact`,
 *    `prefix`, `suffix`, `all`, `any`, `not`, `sql`.
 * 2. A pattern over attributes and data, as Amazon EventBridge writes them: an object whose keys are attribute names,
 *    `data`, or `$or`.
 * 3. A predicate.
 *
 * An object with a dialect's key and any other key is refused. Where an extension attribute has the name of a dialect,
 * a key inside a dialect is always an attribute (`{ exact: { all: "x" } }`), and so is one inside `$or`, which may have
 * a single member: `{ $or: [{ all: [{ prefix: "x" }] }] }`.
 */
import type { MeshEvent } from "../event/event.js";
import type { DialectName } from "./ast.js";
import { evaluate, type OnFilterError } from "./evaluate.js";
import type { Matcher, Scalar } from "./operators.js";
import { parseFilter } from "./parse.js";

/**
 * Which events are wanted. `E` is what is known of them: fields that no member of `E` has do not compile. For
 * extension attributes name them: `Filter<MeshEvent & { severitynumber?: number }>`.
 *
 * @example
 * const urgent: Filter = { type: [{ prefix: "dev.cdevents." }], data: { severity: ["high", "critical"] } };
 * const branch: Filter = { all: [{ prefix: { type: "com.acme." } }, { not: { suffix: { subject: "/tmp" } } }] };
 */
export type Filter<E extends MeshEvent = MeshEvent> = Dialect<E> | Pattern<E> | Predicate<E>;

export interface FilterOptions {
  /** Told what a predicate threw, or that it returned no boolean; it counted as false. Default: nobody is told. */
  readonly onError?: OnFilterError;
}

/**
 * Compiles a filter, once, into a function that never throws.
 *
 * @param filter - in any of the three spellings of `Filter`
 * @throws FilterError with `code`, `path` (a JSON pointer into the filter) and `reason`, when it cannot be right
 * @example
 * const matches = compileFilter({ data: { severity: ["high"] } });
 * matches(event); // boolean
 */
export function compileFilter<E extends MeshEvent = MeshEvent>(
  filter: Filter<E>,
  options: FilterOptions = {},
): (event: E) => boolean {
  const node = parseFilter(filter);
  const onError = options.onError ?? ignore;
  return (event) => evaluate(node, event, onError);
}

function ignore(): void {
  // The default: nobody asked to be told.
}

/**
 * Whether the event is wanted. One that throws, or returns anything but a boolean (an async function returns a
 * promise), counts as false where it stands and is reported to `onError`.
 */
export type Predicate<E extends MeshEvent = MeshEvent> = (event: E) => boolean;

/**
 * The dialects of the CloudEvents Subscriptions API. `exact`, `prefix` and `suffix` compare attributes, all of those
 * named, case-sensitively, as text: an integer as its decimal digits, a boolean as "true" or "false". An attribute that
 * is missing does not match. Names and values are never empty, and neither are the lists. `data` is no attribute.
 */
export type Dialect<E extends MeshEvent = MeshEvent> =
  | { readonly exact: AttributeTexts<E> }
  | { readonly prefix: AttributeTexts<E> }
  | { readonly suffix: AttributeTexts<E> }
  /** Every one of these matches. */
  | { readonly all: readonly Filter<E>[] }
  /** At least one of these matches. */
  | { readonly any: readonly Filter<E>[] }
  /** This one does not match. */
  | { readonly not: Filter<E> };

export type AttributeTexts<E extends MeshEvent = MeshEvent> = {
  readonly [Name in AttributeName<E>]?: string;
};

/**
 * A pattern names fields and says which values they may have: every field named must match, and a field matches if any
 * of its matchers does (`operators.ts`). Fields not named do not matter. `$or` may stand at any level among the fields:
 * one of its members must match, too.
 *
 * Arrays in the event are looked through at any depth: a field that holds an array matches if any of its elements does.
 * Elements do not mix: what a pattern says of the fields of an array's objects must be true of one and the same object.
 * Of `[{ name: "a", ok: true }, { name: "b", ok: false }]`, no pattern matches that wants name "b" and ok true, however
 * it is written. An empty array, an empty object and a missing field are the same: nothing to match. `null` is a value.
 * Names are compared whole (a dot has no meaning) and own properties only are seen.
 */
export type Pattern<E extends MeshEvent = MeshEvent> = OrPattern<E> & {
  readonly [Name in DialectName]?: never;
};

/** A member of a top-level `$or`: a pattern, in which the dialects' names are attributes like any other. */
export type OrPattern<E extends MeshEvent = MeshEvent> = {
  readonly [Name in AttributeName<E>]?: readonly Matcher<ScalarOf<FieldOf<E, Name>>>[];
} & {
  /** The payload: an object of fields, or matchers where the data itself is a scalar. */
  readonly data?: FieldPattern<FieldOf<E, "data">>;
  /** At least one of these patterns matches, too. */
  readonly $or?: readonly OrPattern<E>[];
};

/** What may be said of a field of type `T`. Arrays stand for their elements, unknown types take any pattern. */
export type FieldPattern<T> = unknown extends T
  ? LoosePattern
  : ScalarPattern<ScalarOf<T>> | ObjectPattern<ObjectOf<T>>;

/** What may be said of a field whose type is not known. */
export type LoosePattern = readonly Matcher<Scalar>[] | LooseObject;

/** Fields whose names are not known. `$or` takes a list of the same. */
export interface LooseObject {
  readonly [field: string]: LoosePattern | readonly LooseObject[];
}

type ScalarPattern<S> = [S] extends [never] ? never : readonly Matcher<S>[];

type ObjectPattern<O> = [O] extends [never]
  ? never
  : string extends KeyOf<O>
    ? { readonly [field: string]: FieldPattern<FieldOf<O, string>> | readonly ObjectPattern<O>[] }
    : { readonly [Name in KeyOf<O>]?: FieldPattern<FieldOf<O, Name>> } & {
        readonly $or?: readonly ObjectPattern<O>[];
      };

type AttributeName<E> = Exclude<KeyOf<E> & string, "data">;

/** The keys of every member of a union. */
type KeyOf<T> = T extends unknown ? keyof T : never;

/** The type of a field in those members of a union that have it. */
type FieldOf<T, Name extends PropertyKey> = T extends { readonly [K in Name]?: infer Value } ? Value : never;

type ScalarOf<T> = T extends Scalar ? T : T extends readonly (infer Element)[] ? ScalarOf<Element> : never;

type ObjectOf<T> = T extends Scalar | undefined
  ? never
  : T extends readonly (infer Element)[]
    ? ObjectOf<Element>
    : T extends object
      ? T
      : never;
