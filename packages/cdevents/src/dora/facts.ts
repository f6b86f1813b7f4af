/**
 * What an event says that the metrics are about. Pure: no clock, no state. Times are milliseconds since the epoch. Undefined
 * where it says nothing: its environment does not count, or its timestamp is none.
 */
import { type CdEvent, customText } from "../event/cdevent.js";
import type { ArtifactPackagedContent } from "../vocabulary/artifact.js";
import type { IncidentContent } from "../vocabulary/incident.js";
import type { ServiceContent } from "../vocabulary/service.js";
import { environmentName, happenedAt, type Reading } from "./reading.js";

/** A change was created or merged. */
export interface ChangeFact {
  readonly change: string;
  /** What artifacts may call it: its id, and the commits that it is known as. */
  readonly names: readonly string[];
  readonly chainId: string | undefined;
  readonly created?: number;
  readonly merged?: number;
}

/** An artifact was made. */
export interface ArtifactFact {
  readonly artifact: string;
  readonly chainId: string | undefined;
  /** The name of the change or commit that it was made of. */
  readonly madeOf?: string;
}

/** A service was deployed, upgraded or rolled back. */
export interface ServiceFact {
  readonly service: string;
  readonly environment: string;
  readonly artifact: string;
  readonly chainId: string | undefined;
  readonly at: number;
}

/** An incident began or was resolved, and what it is about. */
export interface IncidentFact {
  readonly incident: string;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  readonly artifacts: readonly string[];
  readonly began?: number;
  readonly resolved?: number;
}

export function createdFact(event: CdEvent, reading: Reading): ChangeFact | undefined {
  const created = happenedAt(event);
  return created === undefined ? undefined : { ...changeOf(event, reading), created };
}

export function mergedFact(event: CdEvent, reading: Reading): ChangeFact | undefined {
  const merged = happenedAt(event);
  return merged === undefined ? undefined : { ...changeOf(event, reading), merged };
}

export function artifactFact(event: CdEvent): ArtifactFact {
  return { artifact: event.subject.id, chainId: event.context.chainId };
}

export function packagedFact(
  event: CdEvent<string, ArtifactPackagedContent>,
  reading: Reading,
): ArtifactFact {
  return { ...artifactFact(event), madeOf: reading.nameOf("change", event, event.subject.content.change) };
}

export function serviceFact(
  event: CdEvent<string, ServiceContent>,
  reading: Reading,
): ServiceFact | undefined {
  const { environment, artifactId: artifact } = event.subject.content;
  const at = happenedAt(event);
  if (at === undefined || !reading.counts(environment)) return undefined;
  return {
    service: reading.nameOf("service", event, event.subject),
    environment: environmentName(environment),
    artifact,
    chainId: event.context.chainId,
    at,
  };
}

export function beganFact(
  event: CdEvent<string, IncidentContent>,
  reading: Reading,
): IncidentFact | undefined {
  const began = happenedAt(event);
  if (began === undefined || !reading.counts(event.subject.content.environment)) return undefined;
  return { ...incidentOf(event, reading), began };
}

/** The end of an incident counts wherever it is said to be: only those that began where it counts are counted. */
export function resolvedFact(
  event: CdEvent<string, IncidentContent>,
  reading: Reading,
): IncidentFact | undefined {
  const resolved = happenedAt(event);
  return resolved === undefined ? undefined : { ...incidentOf(event, reading), resolved };
}

function changeOf(event: CdEvent, reading: Reading): ChangeFact {
  const nameOf = (id: string) => reading.nameOf("change", event, { ...event.subject, id });
  const change = nameOf(event.subject.id);
  // GitHub's translator gives these; an artifact is often said to be made of a commit.
  const commits = [customText(event, "headSha"), customText(event, "mergeSha")];
  const names = [change, ...commits.filter((sha) => sha !== undefined).map(nameOf)];
  return { change, names, chainId: event.context.chainId };
}

function incidentOf(event: CdEvent<string, IncidentContent>, reading: Reading): IncidentFact {
  const { environment, service, artifactId } = event.subject.content;
  return {
    incident: reading.nameOf("incident", event, event.subject),
    environments: [environmentName(environment)],
    services: service === undefined ? [] : [reading.nameOf("service", event, service)],
    artifacts: artifactId === undefined ? [] : [artifactId],
  };
}
