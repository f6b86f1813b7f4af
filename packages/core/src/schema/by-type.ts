/** Tables from a definition's type to what its events are made of. `event-types.ts` builds on them. */
import type { AnyEventDefinition, EventShape } from "./definition.js";
import type { ExtensionValues } from "./extensions.js";

/** The event of one definition; of a union of definitions the union of their events. */
export type EventOf<Definition extends AnyEventDefinition> = EventsByType<Definition>[Definition["type"]];

// Tables by type: looking up in one is cheap, where searching a union is done again for every use.
export type EventsByType<Definition extends AnyEventDefinition> = {
  readonly [D in Definition as D["type"]]: EventShape<D["type"], TypesOf<D>["data"], D["extensions"]>;
};

export type DataByType<Definition extends AnyEventDefinition> = {
  readonly [D in Definition as D["type"]]: TypesOf<D>["data"];
};

export type InputsByType<Definition extends AnyEventDefinition> = {
  readonly [D in Definition as D["type"]]: TypesOf<D>["input"];
};

// As inputs, but `unknown` spelled out: in a union with it the compiler would forget the literals of all others, and
// then take the "a" that a conversion returns for a string.
export type ConvertedByType<Definition extends AnyEventDefinition> = {
  readonly [D in Definition as D["type"]]: unknown extends TypesOf<D>["input"]
    ? NonNullable<unknown> | null | undefined
    : TypesOf<D>["input"];
};

export type ExtensionsByType<Definition extends AnyEventDefinition> = {
  readonly [D in Definition as D["type"]]: ExtensionValues<D["extensions"]>;
};

type TypesOf<Definition extends AnyEventDefinition> = NonNullable<Definition["~types"]>;
