/** What is published, typed by the catalog. */
import type { Catalog } from "../schema/catalog.js";
import type { EventTypes, ExtensionsOf, InputOf } from "../schema/event-types.js";
import type { PublishOptions } from "./options.js";

/** What may be said about an event of a type when it is published. */
export type PublishOptionsFor<C extends Catalog, Type extends string> = Omit<PublishOptions, "extensions"> & {
  /** Extension attributes that the definition declares. */
  readonly extensions?: DeclaredExtensions<ExtensionsOf<C, Type>>;
};

/** An empty object type would take any property; none declared means none allowed. */
type DeclaredExtensions<X> = unknown extends X
  ? NonNullable<PublishOptions["extensions"]>
  : [keyof X] extends [never]
    ? { readonly [name: string]: never }
    : X;

/** One entry of `publishAll`: a type, its data, and options. */
export type PublishEntryFor<C extends Catalog> = {
  [Type in EventTypes<C>]: { readonly type: Type; readonly data: InputOf<C, Type> } & Omit<
    PublishOptionsFor<C, Type>,
    "tx"
  >;
}[EventTypes<C>];
