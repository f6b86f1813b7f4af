/**
 * The building blocks of content schemas. A field is a JSON Schema that knows the TypeScript type it accepts, so a
 * definition whose schema and interface differ does not compile.
 */
import type { JsonSchema } from "@meshwright/core";
import type { Reference } from "../event/cdevent.js";

/** A required field that accepts exactly `Value`. */
export interface Field<Value> {
  readonly schema: JsonSchema;
  readonly optional: false;
  /** Exists for the type checker only. */
  readonly accepts?: (value: Value) => Value;
}

/** A field that may be left out. */
export interface OptionalField<Value> {
  readonly schema: JsonSchema;
  readonly optional: true;
  readonly accepts?: (value: Value) => Value;
}

interface AnyField {
  readonly schema: JsonSchema;
  readonly optional: boolean;
}

/** One field for every property of `Content`, optional exactly where the property is. */
export type ContentFields<Content> = {
  readonly [Key in keyof Content]-?: object extends Pick<Content, Key>
    ? OptionalField<Exclude<Content[Key], undefined>>
    : Field<Content[Key]>;
};

/** The field may be left out. */
export function optional<Value>(field: Field<Value>): OptionalField<Value> {
  return { schema: field.schema, optional: true };
}

/** A closed object with these fields and no others. */
export function closedObject<Content>(fields: ContentFields<Content>): JsonSchema {
  const entries = Object.entries<AnyField>(fields);
  const required = entries.filter(([, field]) => !field.optional).map(([key]) => key);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([key, field]) => [key, field.schema])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

/** A nested closed object. */
export function nested<Value>(fields: ContentFields<Value>): Field<Value> {
  return required(closedObject(fields));
}

/** Text that is one of the given ones. */
export function oneOf<const Value extends string>(...values: readonly Value[]): Field<Value> {
  return required({ type: "string", enum: values });
}

export const text: Field<string> = required({ type: "string" });
export const nonEmptyText: Field<string> = required({ type: "string", minLength: 1 });
export const texts: Field<readonly string[]> = required({ type: "array", items: { type: "string" } });
export const uri: Field<string> = required({ type: "string", minLength: 1, format: "uri" });
export const uriReference: Field<string> = required({
  type: "string",
  minLength: 1,
  format: "uri-reference",
});
export const reference: Field<Reference> = nested<Reference>({
  id: nonEmptyText,
  source: optional(uriReference),
});

function required<Value>(schema: JsonSchema): Field<Value> {
  return { schema, optional: false };
}
