/**
 * The types that the mesh's functions are written with: from a catalog and a name or pattern to the events it means.
 * For a catalog whose events are not known to the compiler everything falls back to `string` and `unknown`.
 */
import type { MeshEvent } from "../event/event.js";
import type { EventsByType, ExtensionsByType, InputsByType } from "./by-type.js";
import type { Catalog } from "./catalog.js";

type Definitions<C extends Catalog> = C["definitions"][number];

/** Every type of a catalog: what can be published. */
export type EventTypes<C extends Catalog> = Definitions<C>["type"];

/** The types that handlers can get: all but those an upcast lifts to a newer one. */
export type HandledTypes<C extends Catalog> = Exclude<EventTypes<C>, SupersededTypes<C>>;

type SupersededTypes<C extends Catalog> = Known<NonNullable<C["~superseded"]>>;
type Known<Type extends string> = string extends Type ? never : Type;

/** The data to publish an event of a type with. */
export type InputOf<C extends Catalog, Type extends EventTypes<C>> = InputsByType<Definitions<C>>[Type];

/** The extension attributes to publish an event of a type with. */
export type ExtensionsOf<C extends Catalog, Type extends EventTypes<C>> = ExtensionsByType<
  Definitions<C>
>[Type];

/** A name or pattern, or several. */
export type EventPattern = string | readonly string[];

/**
 * Names to offer in an editor, beside any other string: patterns are checked by `CheckPattern`.
 * A type parameter for names and patterns extends this.
 */
export type NameOrPattern<C extends Catalog> =
  | HandledTypes<C>
  | (string & {})
  | readonly (HandledTypes<C> | (string & {}))[];

/** The events of a catalog that a name or pattern means; several: all that any of them means. */
export type EventFor<C extends Catalog, P extends EventPattern> =
  string extends EventTypes<C> ? MeshEvent : EventsByType<Definitions<C>>[Matching<HandledTypes<C>, Each<P>>];

type Each<P extends EventPattern> = P extends readonly string[] ? P[number] : P;

/** Those of `Types` that a name or pattern matches. A pattern that is no literal may match any. */
type Matching<Types extends string, P extends string> = Extract<Types, Template<P>>;

/** A pattern as a template literal type; `**` means what `*` means. */
type Template<P extends string> = P extends `${infer Head}**${infer Tail}`
  ? Template<`${Head}*${Tail}`>
  : P extends `${infer Head}*${infer Tail}`
    ? `${Head}${string}${Template<Tail>}`
    : P;

/**
 * The names and patterns themselves where each matches an event of the catalog; in place of one that does not, a
 * sentence that says so, which the compiler then shows. Use it as the type of a parameter.
 */
export type CheckPattern<C extends Catalog, P extends EventPattern> =
  string extends EventTypes<C>
    ? P
    : [Unmatched<C, Each<P>>] extends [never]
      ? P
      : P extends readonly string[]
        ? {
            readonly [K in keyof P]: P[K] extends Unmatched<C, P[K]> & string
              ? Refusal<C, P[K] & string>
              : P[K];
          }
        : P extends string
          ? Refusal<C, P>
          : never;

/** Of names and patterns those that match nothing. */
type Unmatched<C extends Catalog, P> = P extends string
  ? [Matching<HandledTypes<C>, P>] extends [never]
    ? P
    : never
  : never;

type Refusal<C extends Catalog, P extends string> =
  P extends SupersededTypes<C>
    ? `"${P}" is lifted to a newer version: subscribe to that one`
    : `no event of the catalog matches "${P}"`;
