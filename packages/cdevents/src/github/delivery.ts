import type { EventDefinition } from "@meshwright/core";
import { cdevent } from "../event/build.js";
import type { CdEvent, CdSubject, Json, Reference } from "../event/cdevent.js";
import { stableId } from "../event/stable-id.js";
import type { CdEventOf } from "../vocabulary/definition.js";
import type { cdeventsVocabulary } from "../vocabulary/vocabulary.js";
import type { githubVocabulary } from "./custom.js";
import { commitChainId } from "./ids.js";
import { name, object, type Place, url } from "./payload.js";

/** An event that a webhook may become. */
export type GitHubCdEvent = CdEventOf<
  (typeof cdeventsVocabulary)[number] | (typeof githubVocabulary)[number]
>;

/** What becomes of one delivery: events, or the reason why there are none. */
export type Verdict = readonly GitHubCdEvent[] | { readonly ignore: string };

/** Turns the payload of one kind of webhook into events. Refuses by throwing `Refusal`. */
export type Translator = (delivery: Delivery) => Verdict;

export interface Delivery {
  readonly payload: Place;
  /** The payload's action; "" where the webhook knows none. */
  readonly action: string;
  /** Which webhook tells of branches that come and go. */
  readonly branchesFrom: "push" | "create-delete";
  /** Makes an event with an id that follows from the delivery and the event's number in it. */
  readonly event: <Type extends string, Content>(
    definition: EventDefinition<Type, CdEvent<Type, Content>>,
    init: EventInit<NoInfer<Content>>,
  ) => CdEvent<Type, Content>;
}

export interface EventInit<Content> {
  readonly repository: Repository;
  readonly timestamp: string;
  readonly subject: CdSubject<Content>;
  /** The commit whose chain the event belongs to. */
  readonly commit?: string | undefined;
  /** Undefined values are left out. */
  readonly customData?: { readonly [key: string]: Json | undefined };
}

/** The repository that a payload is about. */
export interface Repository {
  /** "owner/name". */
  readonly fullName: string;
  /** Its page; the source of its events. */
  readonly url: string;
  readonly reference: Reference;
  readonly place: Place;
}

/** The repository of a payload. */
export function repositoryOf(payload: Place): Repository {
  const place = object(payload, "repository");
  const fullName = name(place, "full_name");
  const page = url(place, "html_url");
  return { fullName, url: page, reference: { id: fullName, source: page }, place };
}

/** The event maker of one delivery. */
export function eventMaker(deliveryId: string): Delivery["event"] {
  let ordinal = 0;
  return (definition, { repository, timestamp, subject, commit, customData }) =>
    cdevent(definition, {
      id: stableId("github-delivery", deliveryId, String(ordinal++)),
      source: repository.url,
      timestamp,
      subject,
      ...(commit === undefined ? {} : { chainId: commitChainId(repository.url, commit) }),
      ...(customData === undefined ? {} : { customData: withoutUndefined(customData) }),
    });
}

/** The object without the properties that are undefined. */
export function withoutUndefined<Value>(fields: { readonly [key: string]: Value | undefined }): {
  readonly [key: string]: Value;
} {
  const kept: Record<string, Value> = {};
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) kept[key] = value;
  return kept;
}
