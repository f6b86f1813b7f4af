/**
 * JSON Schema 2020-12 written inline, and the TypeScript type of what it accepts. The type is never narrower than
 * the schema: a keyword that is not understood here widens it, at worst to `unknown`.
 */

export type JsonSchemaTypeName = "string" | "number" | "integer" | "boolean" | "null" | "array" | "object";

/** The keywords that types are inferred from; all others of JSON Schema 2020-12 are taken as well. */
export interface JsonSchema {
  readonly type?: JsonSchemaTypeName | readonly JsonSchemaTypeName[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: { readonly [name: string]: JsonSchema | boolean };
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema | boolean;
  readonly prefixItems?: readonly (JsonSchema | boolean)[];
  readonly minItems?: number;
  readonly allOf?: readonly (JsonSchema | boolean)[];
  readonly anyOf?: readonly (JsonSchema | boolean)[];
  readonly oneOf?: readonly (JsonSchema | boolean)[];
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: JsonSchema | boolean };
  readonly [keyword: string]: unknown;
}

/** A JSON Schema whose type the author states; made by `typed`. */
export interface TypedSchema<Data> extends JsonSchema {
  /** Only a type: absent at run time. */
  readonly "~data": Data;
}

/**
 * States the type of what a JSON Schema accepts, where it cannot be inferred: a schema read from a file, or one with
 * conditions. Nothing checks that the two agree.
 *
 * @example defineEvent("com.acme.scan.finished.v1", { schema: typed<ScanFinished>(scanFinishedJson) })
 */
export function typed<Data>(schema: object = {}): TypedSchema<Data> {
  return schema as TypedSchema<Data>;
}

/**
 * The type of what a JSON Schema accepts, all of it readonly. Understands `type` (also lists), `enum`, `const`,
 * `properties`, `required`, `additionalProperties`, `items`, `prefixItems`, `minItems`, `allOf`, `anyOf`, `oneOf` and
 * `$ref` to `#` and `#/$defs/…`. A schema without `type` says nothing about what kind of value it is: `unknown`.
 */
export type FromSchema<S, Root = S> = S extends boolean
  ? S extends false
    ? never
    : unknown
  : S extends { readonly $ref: infer Ref }
    ? FromRef<Ref, Root>
    : S extends { readonly const: infer Value }
      ? Value
      : S extends { readonly enum: readonly (infer Value)[] }
        ? Value
        : FromType<S, Root> & FromCombination<S, Root>;

type FromRef<Ref, Root> = Ref extends "#"
  ? FromSchema<Root, Root>
  : Ref extends `#/$defs/${infer Name}`
    ? Root extends { readonly $defs: { readonly [K in Name]: infer S } }
      ? FromSchema<S, Root>
      : unknown
    : unknown;

type FromCombination<S, Root> = (S extends { readonly allOf: infer L } ? FromAll<L, Root> : unknown) &
  (S extends { readonly anyOf: readonly (infer A)[] } ? FromSchema<A, Root> : unknown) &
  (S extends { readonly oneOf: readonly (infer O)[] } ? FromSchema<O, Root> : unknown);

type FromAll<L, Root> = L extends readonly [infer First, ...infer Rest]
  ? FromSchema<First, Root> & FromAll<Rest, Root>
  : unknown;

type FromType<S, Root> = S extends { readonly type: infer T }
  ? T extends readonly (infer Name)[]
    ? FromTypeName<Name, S, Root>
    : FromTypeName<T, S, Root>
  : unknown;

type FromTypeName<Name, S, Root> = Name extends "string"
  ? string
  : Name extends "number" | "integer"
    ? number
    : Name extends "boolean"
      ? boolean
      : Name extends "null"
        ? null
        : Name extends "array"
          ? FromArray<S, Root>
          : Name extends "object"
            ? FromObject<S, Root>
            : unknown;

type FromArray<S, Root> = S extends { readonly prefixItems: infer P extends readonly unknown[] }
  ? S extends { readonly items: false }
    ? readonly [...Prefix<S, P, Root>]
    : readonly [...Prefix<S, P, Root>, ...FromItems<S, Root>[]]
  : readonly FromItems<S, Root>[];

type FromItems<S, Root> = S extends { readonly items: infer I } ? FromSchema<I, Root> : unknown;

/** Without `minItems` an array may be shorter than its `prefixItems`. */
type Prefix<S, P extends readonly unknown[], Root> = S extends { readonly minItems: P["length"] }
  ? { -readonly [K in keyof P]: FromSchema<P[K], Root> }
  : { -readonly [K in keyof P]?: FromSchema<P[K], Root> };

type FromObject<S, Root> = WithAdditional<
  S,
  Properties<
    S extends { readonly properties: infer P } ? P : unknown,
    S extends { readonly required: readonly (infer R)[] } ? R : never,
    Root
  >,
  Root
>;

type Properties<P, R, Root> = Flat<
  { readonly [K in keyof P as K extends R ? K : never]: FromSchema<P[K], Root> } & {
    readonly [K in keyof P as K extends R ? never : K]?: FromSchema<P[K], Root>;
  } & { readonly [K in Exclude<R & string, keyof P>]: unknown }
>;

type Flat<T> = { [K in keyof T]: T[K] };

/** An open object gets an index signature only when it says so, or has nothing else: it would swallow typos. */
type WithAdditional<S, Props, Root> = S extends { readonly additionalProperties: infer A }
  ? [A, keyof Props] extends [false, never]
    ? { readonly [name: string]: never }
    : A extends false
      ? Props
      : Props & { readonly [name: string]: FromSchema<A, Root> | Props[keyof Props] }
  : [keyof Props] extends [never]
    ? { readonly [name: string]: unknown }
    : Props;
