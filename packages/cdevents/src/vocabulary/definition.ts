import { defineEvent, type EventDefinition, typed } from "@meshwright/core";
import type { CdEvent } from "../event/cdevent.js";
import { type ContentFields, closedObject } from "./fields.js";
import { cdeventSchema } from "./schema.js";

/** The definition of one CDEvent; its events carry the whole CDEvent as data. */
export type CdEventDefinition<Type extends string, Content> = EventDefinition<Type, CdEvent<Type, Content>>;

/** The CDEvent that a definition defines: `CdEventOf<typeof changeMerged>`. */
export type CdEventOf<Definition> =
  Definition extends EventDefinition<string, infer Event extends CdEvent> ? Event : never;

/**
 * Defines a CDEvent: one of the specification, or a custom one of type `dev.cdeventsx.<tool>-<subject>.<predicate>.x.y.z`.
 *
 * @param type the whole type with its version
 * @param description one sentence
 * @param fields what `subject.content` holds; its schema and `Content` must agree, or this does not compile
 * @example
 * interface Quota { readonly used: string }
 * const quotaExceeded: CdEventDefinition<"dev.cdeventsx.harbor-quota.exceeded.0.1.0", Quota> = defineCdEvent(
 *   "dev.cdeventsx.harbor-quota.exceeded.0.1.0", "A registry is full.", { used: text });
 */
export function defineCdEvent<const Type extends `dev.cdevents${string}`, Content>(
  type: Type,
  description: string,
  fields: ContentFields<NoInfer<Content>>,
): CdEventDefinition<Type, Content> {
  return defineEvent(type, {
    schema: typed<CdEvent<Type, Content>>(cdeventSchema(type, closedObject(fields))),
    // The CloudEvents subject says the same; reading the data keeps order for producers that leave it out.
    key: (event) => event.data.subject.id,
    description,
  });
}
