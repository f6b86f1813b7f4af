/**
 * What a CDEvent is: the object that travels as the data of a CloudEvent, how one is made, and how it is published.
 * This folder imports `@meshwright/core` only.
 */

/** The version of the CDEvents specification that events made here follow. */
export const SPEC_VERSION = "0.5.1";

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** Free labels of a link. */
export type LinkTags = JsonObject;

/** This event continues the chain after that one. */
export interface PathLink {
  readonly linkType: "PATH";
  readonly from: { readonly contextId: string };
  readonly tags?: LinkTags;
}

/** This event ends the chain. */
export interface EndLink {
  readonly linkType: "END";
  readonly from?: { readonly contextId: string };
  readonly tags?: LinkTags;
}

/** This event stands in some relation to that one: "TRIGGER", "COMPOSITION", … */
export interface RelationLink {
  readonly linkType: "RELATION";
  readonly linkKind: string;
  readonly target: { readonly contextId: string };
  readonly tags?: LinkTags;
}

/** How an event is connected to others (links.md). `contextId` is the `context.id` of the other event. */
export type EmbeddedLink = PathLink | EndLink | RelationLink;

/** The metadata that all CDEvents share (spec.md, "Context"). */
export interface CdContext<Type extends string = string> {
  /** The version of the specification: any 0.5.x. */
  readonly specversion: `0.5.${number}`;
  /** Unique within `source`; the id of the CloudEvent too. */
  readonly id: string;
  /** URI-reference of where it happened. */
  readonly source: string;
  readonly type: Type;
  /** RFC 3339: when it happened. */
  readonly timestamp: string;
  /** A further schema that the event follows. */
  readonly schemaUri?: string;
  /** One id for everything that belongs to one run through the delivery process. */
  readonly chainId?: string;
  readonly links?: readonly EmbeddedLink[];
}

/** What the event is about. */
export interface CdSubject<Content = JsonObject> {
  /** Unique within `source`. */
  readonly id: string;
  /** Only where it differs from the context's. */
  readonly source?: string;
  readonly content: Content;
}

/** A thing named by its id, as content refers to repositories, environments, services and runs. */
export interface Reference {
  readonly id: string;
  readonly source?: string;
}

/** One CDEvent: the whole object, which is the data of the CloudEvent that carries it. */
export interface CdEvent<Type extends string = string, Content = unknown> {
  readonly context: CdContext<Type>;
  readonly subject: CdSubject<Content>;
  /** What the sender adds: an object, or base64 text of `customDataContentType`. */
  readonly customData?: JsonObject | string;
  readonly customDataContentType?: string;
}

/**
 * Reads one text from the custom data.
 *
 * @param event any CDEvent
 * @param field a key of `customData`
 * @returns the text, or undefined where there is none
 * @example
 * const sha = customText(event.data, "headSha");
 */
export function customText(event: CdEvent, field: string): string | undefined {
  const data = event.customData;
  if (typeof data !== "object" || !Object.hasOwn(data, field)) return undefined;
  const value = data[field];
  return typeof value === "string" ? value : undefined;
}
