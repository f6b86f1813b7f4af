/** Functions shaped like the mesh's, and a catalog to use them with: for the tests of the types. */
import { defineCatalog, defineEvent, typed } from "@meshwright/core";
import { z } from "zod";
import type { Catalog, DefinedCatalog } from "../../src/schema/catalog.js";
import type { EventDefinition } from "../../src/schema/definition.js";
import type {
  CheckPattern,
  EventFor,
  EventTypes,
  ExtensionsOf,
  InputOf,
  NameOrPattern,
} from "../../src/schema/event-types.js";

export interface MeshShape<C extends Catalog> {
  on<const P extends NameOrPattern<C>>(
    types: CheckPattern<C, P>,
    handler: (event: EventFor<C, P>, ctx: unknown) => unknown,
  ): this;
  on<const P extends NameOrPattern<C>>(
    types: CheckPattern<C, P>,
    options: { readonly name?: string; readonly where?: (event: EventFor<C, P>) => boolean },
    handler: (event: EventFor<C, P>, ctx: unknown) => unknown,
  ): this;
  publish<Type extends EventTypes<C>>(
    type: Type,
    data: InputOf<C, Type>,
    options?: { readonly extensions?: ExtensionsOf<C, Type> },
  ): void;
}

/** Never called where it matters: the tests of the types are compiled, not run. */
export function meshOf<C extends Catalog>(_options: { readonly catalog: C }): MeshShape<C> {
  throw new Error("only a type");
}

export interface Deployed {
  readonly environment: string;
}

export type Built = EventDefinition<"com.acme.built.v1", { readonly digest: string; readonly size?: number }>;
export const built: Built = defineEvent("com.acme.built.v1", {
  schema: {
    type: "object",
    required: ["digest"],
    properties: { digest: { type: "string" }, size: { type: "integer" } },
  },
  key: (event) => event.data.digest,
});

export type Scanned = EventDefinition<
  "com.acme.scan.finished.v1",
  { readonly severity: "low" | "high" },
  { readonly severity: "low" | "high" },
  { readonly severitynumber: "integer"; readonly internal: "boolean" }
>;
export const scanned: Scanned = defineEvent("com.acme.scan.finished.v1", {
  schema: { type: "object", required: ["severity"], properties: { severity: { enum: ["low", "high"] } } },
  extensions: { severitynumber: "integer", internal: "boolean" },
  key: (event) => `${event.data.severity}${event.severitynumber ?? 0}`,
});

export type Deploy = EventDefinition<"com.acme.deploy.started.v1", Deployed>;
export const deploy: Deploy = defineEvent("com.acme.deploy.started.v1", { schema: typed<Deployed>({}) });

export type Dated = EventDefinition<"org.dated", { at: Date }, { at: string }>;
export const dated: Dated = defineEvent("org.dated", {
  schema: z.object({ at: z.string().transform((text) => new Date(text)) }),
});

export type Opaque = EventDefinition<"org.opaque">;
export const opaque: Opaque = defineEvent("org.opaque");

export const catalog: DefinedCatalog<Built | Scanned | Deploy | Dated | Opaque, never> = defineCatalog([
  built,
  scanned,
  deploy,
  dated,
  opaque,
]);
