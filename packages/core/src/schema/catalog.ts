import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { ConvertedByType, DataByType, EventsByType } from "./by-type.js";
import { type CompiledDefinition, compileDefinitions, type LiftResult } from "./compiled.js";
import type { AnyEventDefinition } from "./definition.js";

import { matchesPattern } from "./patterns.js";
import { type Upcast, Upcasts } from "./upcasts.js";
import { invalid, type ValidationResult } from "./validation.js";

/**
 * The events a service knows. `Definition` is the union of its definitions, `Superseded` the types that an upcast
 * lifts to a newer version.
 */
export interface Catalog<
  out Definition extends AnyEventDefinition = AnyEventDefinition,
  out Superseded extends string = string,
> {
  readonly definitions: readonly Definition[];
  /** The channels of all definitions, each once, in order of first use. */
  readonly channels: readonly string[];
  /** What turns old events into newer ones; see `upcast`. */
  readonly upcasts: readonly Upcast[];
  /** Only a type: absent at run time. */
  readonly "~superseded"?: Superseded | undefined;

  /** The definition of a type, if the catalog has it. */
  find(type: string): Definition | undefined;

  /** The type that events of `type` are handled as: itself, unless an upcast lifts it. */
  newest(type: string): string;
  /** The types that lift to `type`, directly or over others. */
  predecessors(type: string): readonly string[];
  /** The types on the wire that a subscription to these names and patterns concerns: what matches, and what lifts to it. */
  select(patterns: readonly string[]): readonly string[];

  /**
   * Compiles every schema; the mesh does it when it starts. Further calls return the same promise.
   *
   * @throws ConfigurationError `SCHEMA_INVALID` naming the event type and the place in its schema, `SCHEMA_ASYNC`
   */
  compile(): Promise<void>;
  /** The compiled definition of a type, for the hot path. Throws `CATALOG_NOT_COMPILED` before `compile`. */
  entry(type: string): CompiledDefinition | undefined;
  /** Checks the data and the declared extensions of an event. Throws `CATALOG_NOT_COMPILED` before `compile`. */
  validate(event: MeshEvent): ValidationResult;
  /** What handlers get of an event: checked, and lifted to its newest version. Throws as `validate` does. */
  lift(event: MeshEvent): LiftResult;
}

/** A catalog as it is defined: upcasts can be added until a mesh with it has started. */
export interface DefinedCatalog<Definition extends AnyEventDefinition, Superseded extends string>
  extends Catalog<Definition, Superseded> {
  /**
   * Says how events of an old type become events of a newer one. Handlers subscribe to the newest version, and get old
   * events lifted: `type` and `data` are the new ones, `dataschema` is left out, everything else stays as it was. An
   * old event is checked against its own schema first, and what `convert` returns against that of the new version.
   * Chains are followed: v1 to v2, v2 to v3.
   *
   * @param convert - makes the new data from the old; synchronous, without side effects
   * @returns this catalog, in which subscribing to `from` no longer compiles
   * @throws ConfigurationError `UPCAST_DUPLICATE`, `UPCAST_CYCLE`, `UPCAST_TYPE_UNKNOWN`, or `CATALOG_COMPILED` once a
   *   mesh with this catalog has started
   * @example
   * const catalog = defineCatalog([scanFinishedV1, scanFinishedV2]).upcast(
   *   "com.acme.scan.finished.v1",
   *   "com.acme.scan.finished.v2",
   *   (data) => ({ ...data, critical: 0 }),
   * );
   */
  upcast<
    From extends Exclude<Definition["type"], string extends Superseded ? never : Superseded>,
    To extends Definition["type"],
  >(
    from: From,
    to: To,
    convert: (
      data: DataByType<Definition>[From],
      event: EventsByType<Definition>[From],
    ) => ConvertedByType<Definition>[To],
  ): DefinedCatalog<Definition, Superseded | From>;
}

/** What `defineCatalog` takes: definitions, and catalogs whose definitions and upcasts are taken over. */
export type CatalogPart = AnyEventDefinition | Catalog;

type DefinitionsIn<Part> = Part extends { readonly definitions: readonly (infer Definition)[] }
  ? Definition
  : Part;

type SupersededIn<Part> = Part extends { readonly "~superseded"?: infer Superseded }
  ? Exclude<Superseded, undefined>
  : never;

/**
 * Collects definitions into a catalog. Catalogs may be among them: their definitions and upcasts are taken over.
 *
 * @throws ConfigurationError `CATALOG_DUPLICATE_TYPE` when two definitions have the same type
 * @example const catalog = defineCatalog([artifactPublished, scanFinished]);
 * @example const everything = defineCatalog([catalog, ...otherCatalog.definitions, deploymentStarted]);
 */
export function defineCatalog<const Parts extends readonly CatalogPart[]>(
  parts: Parts,
): DefinedCatalog<
  Extract<DefinitionsIn<Parts[number]>, AnyEventDefinition>,
  Extract<SupersededIn<Parts[number]>, string>
>;
export function defineCatalog(parts: readonly CatalogPart[]): DefinedCatalog<AnyEventDefinition, string> {
  return new CatalogOfParts(parts);
}

class CatalogOfParts implements DefinedCatalog<AnyEventDefinition, string> {
  readonly definitions: readonly AnyEventDefinition[];
  readonly channels: readonly string[];
  readonly #byType = new Map<string, AnyEventDefinition>();
  readonly #upcasts = new Upcasts();
  #compiling: Promise<void> | undefined;
  #entries: ReadonlyMap<string, CompiledDefinition> | undefined;

  constructor(parts: readonly CatalogPart[]) {
    for (const part of parts) {
      if ("definitions" in part) this.#takeOver(part);
      else if ("type" in part) this.#add(part);
      else throw new ConfigurationError("CATALOG_PART_INVALID", noPart);
    }
    this.definitions = Object.freeze([...this.#byType.values()]);
    this.channels = Object.freeze([...new Set(this.definitions.map(({ channel }) => channel))]);
  }

  get upcasts(): readonly Upcast[] {
    return [...this.#upcasts.all.values()];
  }

  find(type: string): AnyEventDefinition | undefined {
    return this.#byType.get(type);
  }

  upcast(from: string, to: string, convert: Upcast["convert"]): this {
    if (this.#compiling !== undefined) {
      throw new ConfigurationError(
        "CATALOG_COMPILED",
        `The upcast from ${from} to ${to} comes too late: a mesh with this catalog has started. Add it where the catalog is defined.`,
      );
    }
    for (const type of [from, to]) {
      if (this.#byType.has(type)) continue;
      throw new ConfigurationError(
        "UPCAST_TYPE_UNKNOWN",
        `The upcast from ${from} to ${to}: the catalog has no ${type}. Both versions need a definition.`,
      );
    }
    this.#upcasts.add({ from, to, convert });
    return this;
  }

  newest(type: string): string {
    return this.#upcasts.newest(type);
  }

  predecessors(type: string): readonly string[] {
    return this.#upcasts.predecessors(type);
  }

  select(patterns: readonly string[]): readonly string[] {
    const matchers = patterns.map(matchesPattern);
    return [...this.#byType.keys()].filter((type) => {
      const newest = this.newest(type);
      return matchers.some((matches) => matches(newest));
    });
  }

  compile(): Promise<void> {
    this.#compiling ??= compileDefinitions(this.definitions, this.#upcasts.all).then((entries) => {
      this.#entries = entries;
    });
    return this.#compiling;
  }

  entry(type: string): CompiledDefinition | undefined {
    if (this.#entries === undefined) throw new ConfigurationError("CATALOG_NOT_COMPILED", notCompiled);
    return this.#entries.get(type);
  }

  validate(event: MeshEvent): ValidationResult {
    return this.entry(event.type)?.validate(event) ?? unknownType();
  }

  lift(event: MeshEvent): LiftResult {
    return this.entry(event.type)?.lift(event) ?? unknownType();
  }

  #takeOver({ definitions, upcasts }: Catalog): void {
    for (const definition of definitions) this.#add(definition);
    for (const upcast of upcasts) this.#upcasts.add(upcast);
  }

  /** The same definition may come by several ways, such as two catalogs that share a third. */
  #add(definition: AnyEventDefinition): void {
    const existing = this.#byType.get(definition.type);
    if (existing !== undefined && existing !== definition) {
      throw new ConfigurationError(
        "CATALOG_DUPLICATE_TYPE",
        `Two definitions have the type ${definition.type}. Remove one, or give it a version of its own.`,
      );
    }
    this.#byType.set(definition.type, definition);
  }
}

const noPart = "defineCatalog takes what defineEvent and defineCatalog return, and got something else.";
const notCompiled = "The catalog is not compiled yet: await catalog.compile(), or start the mesh, first.";

function unknownType(): ReturnType<typeof invalid> {
  return invalid("/type", "the catalog has no such event type");
}
