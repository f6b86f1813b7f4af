import type { EventDefinition } from "@meshwright/core";
import type { CdEvent, CdSubject, EmbeddedLink, JsonObject } from "./cdevent.js";
import { SPEC_VERSION } from "./cdevent.js";

/** What the maker of an event says; the type and the version come from the definition. */
export interface CdEventInit<Content> {
  /** Unique within `source`. From outside a handler any fresh UUID; inside one, `stableId(...)` of its cause. */
  readonly id: string;
  /** URI-reference of where it happened. */
  readonly source: string;
  /** RFC 3339: when it happened. */
  readonly timestamp: string;
  readonly subject: CdSubject<Content>;
  readonly schemaUri?: string;
  readonly chainId?: string;
  readonly links?: readonly EmbeddedLink[];
  readonly customData?: JsonObject | string;
  readonly customDataContentType?: string;
}

/**
 * Makes a CDEvent. It checks nothing at run time: publishing validates it against the definition.
 *
 * @param definition which event, one of the vocabulary
 * @param init its context and subject
 * @example
 * const event = cdevent(changeMerged, {
 *   id: crypto.randomUUID(),
 *   source: "https://github.com/acme/shop",
 *   timestamp: "2026-11-02T09:00:00Z",
 *   subject: { id: "acme/shop/pull/7", content: { repository: { id: "acme/shop" } } },
 * });
 */
export function cdevent<Type extends string, Content>(
  definition: EventDefinition<Type, CdEvent<Type, Content>>,
  init: CdEventInit<NoInfer<Content>>,
): CdEvent<Type, Content> {
  const { id, source, timestamp, schemaUri, chainId, links } = init;
  return {
    context: {
      specversion: SPEC_VERSION,
      id,
      source,
      type: definition.type,
      timestamp,
      ...(schemaUri === undefined ? {} : { schemaUri }),
      ...(chainId === undefined ? {} : { chainId }),
      ...(links === undefined ? {} : { links }),
    },
    subject: init.subject,
    ...(init.customData === undefined ? {} : { customData: init.customData }),
    ...(init.customDataContentType === undefined
      ? {}
      : { customDataContentType: init.customDataContentType }),
  };
}
