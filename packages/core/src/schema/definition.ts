/**
 * Which events exist, and what is valid: this folder. A *definition* names one event type and says what its data is;
 * a *catalog* (`catalog.ts`) is the set of definitions a service knows; an *upcast* turns the data of an old version
 * into that of a newer one. Read this file, then `catalog.ts`. The folder imports errors, util and event only; ajv is
 * loaded on demand (`ajv.ts`), and only when a JSON Schema has to be compiled.
 */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import {
  checkExtensionTypes,
  type ExtensionTypes,
  type ExtensionValues,
  type NoExtensions,
} from "./extensions.js";
import type { FromSchema, JsonSchema, TypedSchema } from "./json-schema.js";
import type { Validator } from "./validation.js";

/** What one event type is: a frozen, plain object. Made by `defineEvent`. */
export interface EventDefinition<
  Type extends string = string,
  Data = unknown,
  Input = Data,
  Extensions extends ExtensionTypes = NoExtensions,
> {
  readonly type: Type;
  /** The durable log its events travel on. */
  readonly channel: string;
  /** The ordering key of an event; where undefined it is `partitionkey`, else `subject`, else `source`. */
  readonly key: KeyFunction<MeshEvent<Type, Data>> | undefined;
  /** Extension attributes that its events may carry. */
  readonly extensions: Extensions;
  readonly description: string | undefined;
  /** What its data is checked against. */
  readonly schema: SchemaSource;
  /** Only a type: absent at run time. */
  readonly "~types"?: { readonly data: Data; readonly input: Input } | undefined;
}

/** Any definition, whatever its types. */
export type AnyEventDefinition = EventDefinition<string, unknown, unknown, ExtensionTypes>;

/** An event of a type, with the extensions its definition declares. */
export type EventShape<Type extends string, Data, Extensions> = MeshEvent<Type, Data> &
  ExtensionValues<Extensions>;

// Bivariant, as methods are: definitions of different events go into one list, and each is only given its own events.
type KeyFunction<Event> = { key(event: Event): string }["key"];

/** Where the validator of a definition comes from. */
export type SchemaSource =
  | { readonly kind: "json-schema"; readonly schema: JsonSchema }
  | { readonly kind: "standard-schema"; readonly schema: StandardSchemaV1 }
  | { readonly kind: "validator"; readonly validator: Validator }
  | { readonly kind: "none" };

/** What `schema` takes: JSON Schema 2020-12, or the schema of a library that speaks Standard Schema v1. */
export type EventSchema = JsonSchema | StandardSchemaV1;

/** The type handlers get. */
export type SchemaOutput<S> =
  S extends StandardSchemaV1<infer _Input, infer Output>
    ? Output
    : S extends TypedSchema<infer Data>
      ? Data
      : S extends JsonSchema
        ? FromSchema<S>
        : unknown;

/** The type publishers give; another one than handlers get where the schema transforms. */
export type SchemaInput<S> = S extends StandardSchemaV1<infer Input, infer _Output> ? Input : SchemaOutput<S>;

interface CommonOptions<Event, Extensions> {
  /** The durable log its events travel on. Default "events". */
  readonly channel?: string;
  /** The ordering key. Gets the event as handlers do. Default: `partitionkey`, else `subject`, else `source`. */
  readonly key?: (event: Event) => string;
  /** Extension attributes its events may carry: `{ severitynumber: "integer" }`. */
  readonly extensions?: Extensions;
  /** One sentence for people: documentation is generated from it. */
  readonly description?: string;
}

export interface EventOptions<Type extends string, S, Extensions extends ExtensionTypes>
  extends CommonOptions<EventShape<Type, SchemaOutput<S>, Extensions>, Extensions> {
  /** What the data must be. Without it the data is `unknown` and not checked. */
  readonly schema?: S;
}

export interface ValidatedEventOptions<Type extends string, Data, Extensions extends ExtensionTypes>
  extends CommonOptions<EventShape<Type, Data, Extensions>, Extensions> {
  /** A validator that exists already, such as generated code. It must accept exactly `Data`. */
  readonly validator: Validator<Data>;
}

/**
 * Defines an event type.
 *
 * @param type - the CloudEvents type, best in reverse-DNS form with its version: "com.acme.scan.finished.v1"
 * @param options - `schema`, or `validator` for code that is generated; `channel`, `key`, `extensions`, `description`
 * @throws ConfigurationError `EVENT_TYPE_INVALID`, `CHANNEL_INVALID`, `SCHEMA_INVALID`, `EXTENSION_NAME_INVALID`,
 *   `EXTENSION_NAME_RESERVED`, `EXTENSION_TYPE_INVALID`. A JSON Schema itself is checked when the mesh starts.
 * @example
 * const artifactPublished = defineEvent("com.acme.artifact.published.v1", {
 *   schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
 *   channel: "delivery",
 *   key: (event) => event.data.digest,
 * });
 * @see CloudEvents 1.0.2, "type" and "Extension Context Attributes"
 */
export function defineEvent<
  const Type extends string,
  Data,
  Input = Data,
  const Extensions extends ExtensionTypes = NoExtensions,
>(
  type: Type,
  options: ValidatedEventOptions<Type, Data, Extensions>,
): EventDefinition<Type, Data, Input, Extensions>;
export function defineEvent<
  const Type extends string,
  const S extends EventSchema | undefined = undefined,
  const Extensions extends ExtensionTypes = NoExtensions,
>(
  type: Type,
  options?: EventOptions<Type, S, Extensions>,
): EventDefinition<Type, SchemaOutput<S>, SchemaInput<S>, Extensions>;
export function defineEvent(type: string, options: AnyOptions = {}): AnyEventDefinition {
  checkType(type);
  const { channel = "events", key, description } = options;
  checkChannel(type, channel);
  const extensions = checkExtensionTypes(type, options.extensions ?? {});
  return Object.freeze({ type, channel, key, extensions, description, schema: schemaSource(type, options) });
}

interface AnyOptions extends CommonOptions<MeshEvent, ExtensionTypes> {
  readonly schema?: unknown;
  readonly validator?: Validator;
}

// Control characters, lone surrogates and noncharacters: no string attribute may hold them.
const forbidden = /[\p{Cc}\p{Surrogate}\p{Noncharacter_Code_Point}]/u;

function checkType(type: unknown): void {
  if (typeof type !== "string" || type === "") {
    throw new ConfigurationError(
      "EVENT_TYPE_INVALID",
      'An event type is a non-empty string such as "com.acme.scan.finished.v1".',
    );
  }
  if (forbidden.test(type) || type.includes("*")) {
    throw new ConfigurationError(
      "EVENT_TYPE_INVALID",
      `The event type ${JSON.stringify(type)} holds a character it may not: no control characters, and no "*", which is for patterns.`,
    );
  }
}

function checkChannel(type: string, channel: unknown): void {
  if (typeof channel === "string" && channel !== "" && !forbidden.test(channel)) return;
  throw new ConfigurationError(
    "CHANNEL_INVALID",
    `${type}: a channel is a non-empty string without control characters.`,
  );
}

function schemaSource(type: string, { schema, validator }: AnyOptions): SchemaSource {
  if (validator !== undefined) {
    if (typeof validator.validate === "function" && schema === undefined)
      return { kind: "validator", validator };
    throw schemaError(type, "give either `schema` or a `validator` with a `validate` function");
  }
  if (schema === undefined) return { kind: "none" };
  if (isStandardSchema(schema)) {
    if (schema["~standard"].version === 1) return { kind: "standard-schema", schema };
    throw schemaError(
      type,
      "its schema speaks another version of Standard Schema than 1; use a version that does",
    );
  }
  if (isPlainObject(schema)) return { kind: "json-schema", schema };
  throw schemaError(type, "`schema` is a JSON Schema object or a schema with a `~standard` property");
}

function schemaError(type: string, advice: string): ConfigurationError {
  return new ConfigurationError("SCHEMA_INVALID", `${type}: ${advice}.`);
}

// arktype's schemas are functions.
function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  const holder = (typeof schema === "object" && schema !== null) || typeof schema === "function";
  return holder && "~standard" in schema && isObject(schema["~standard"]);
}

function isPlainObject(value: unknown): value is JsonSchema {
  return isObject(value) && !Array.isArray(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
