/**
 * The types that the mesh's functions are written with: from a catalog and a name or pattern to the events it means.
 * For a catalog whose events are not known to the compiler everything falls back to `string` and `unknown`.
 */
import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "./catalog.js";
import type { AnyEventDefinition, EventShape } from "./definition.js";
import type { ExtensionValues } from "./extensions.js";

/** The event of one definition; of a union of definitions the union of their events. */
export type EventOfDefinition<Definition extends AnyEventDefinition> = Definition extends AnyEventDefinition
  ? EventShape<Definition["type"], TypesOf<Definition>["data"], Definition["extensions"]>
  : never;

/** What a publisher gives as data. */
export type InputOfDefinition<Definition extends AnyEventDefinition> = TypesOf<Definition>["input"];

type TypesOf<Definition extends AnyEventDefinition> = NonNullable<Definition["~types"]>;

/** The definition of a type among others. */
export type DefinitionOf<
  Definition extends AnyEventDefinition,
  Type extends string,
> = string extends Definition["type"]
  ? Definition
  : Definition extends { readonly type: Type }
    ? Definition
    : never;

type Definitions<C extends Catalog> = C["definitions"][number];

/** Every type of a catalog: what can be published. */
export type EventTypes<C extends Catalog> = Definitions<C>["type"];

/** The types that handlers can get: all but those an upcast lifts to a newer one. */
export type HandledTypes<C extends Catalog> = Exclude<EventTypes<C>, SupersededTypes<C>>;

type SupersededTypes<C extends Catalog> = Known<NonNullable<C["~superseded"]>>;
type Known<Type extends string> = string extends Type ? never : Type;

/** The data to publish an event of a type with. */
export type InputOf<C extends Catalog, Type extends string> = InputOfDefinition<
  DefinitionOf<Definitions<C>, Type>
>;

/** The extension attributes to publish an event of a type with. */
export type ExtensionsOf<C extends Catalog, Type extends string> = ExtensionValues<
  DefinitionOf<Definitions<C>, Type>["extensions"]
>;

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
  string extends EventTypes<C>
    ? MeshEvent
    : EventOfDefinition<DefinitionOf<Definitions<C>, Matching<HandledTypes<C>, Each<P>>>>;

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
    : P extends readonly string[]
      ? { readonly [K in keyof P]: CheckOne<C, P[K] & string> }
      : P extends string
        ? CheckOne<C, P>
        : never;

type CheckOne<C extends Catalog, P extends string> = [Matching<HandledTypes<C>, P>] extends [never]
  ? P extends SupersededTypes<C>
    ? `"${P}" is lifted to a newer version: subscribe to that one`
    : `no event of the catalog matches "${P}"`
  : P;
