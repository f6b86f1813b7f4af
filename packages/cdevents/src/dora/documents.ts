/** What the projection keeps, and under which keys. */
import type { ProjectionDocuments } from "@meshwright/core";
import { stableId } from "../event/stable-id.js";
import type { Spell, Times } from "./merge.js";

/** Any document of the projection. */
export type DoraDocument =
  | ChangeDocument
  | LinkDocument
  | IncidentDocument
  | ServiceDocument
  | DeploymentRow
  | RollbackRow
  | ShippedRow;

/** A change, under `change/<change>`. Times are milliseconds since the epoch, here and below. */
export interface ChangeDocument {
  readonly kind: "change";
  readonly created?: number | undefined;
  readonly merged?: number | undefined;
  /** When each service first ran it. */
  readonly shipped: Times;
}

/**
 * Something that changes have in common with deployments, under `link/<what>/<its id>`: the name that artifacts call a change
 * by, a chain, an artifact.
 */
export interface LinkDocument {
  readonly kind: "link";
  readonly changes: readonly string[];
  /** Links that get what this one gets: the artifacts that were made of it. Keys. */
  readonly into: readonly string[];
  /** When each service was first deployed with it. */
  readonly deployed: Times;
}

/** An incident, under `incident/<incident>`, and again under `began/<week>/<incident>` once it is known when it began. */
export interface IncidentDocument {
  readonly kind: "incident";
  readonly began?: number | undefined;
  readonly resolved?: number | undefined;
  readonly environments: readonly string[];
  readonly services: readonly string[];
  readonly artifacts: readonly string[];
}

/** A service that something is known of, under `service/<service>`. */
export interface ServiceDocument {
  readonly kind: "service";
  readonly service: string;
}

/** When one artifact was deployed in one week, under `week/<service>/<week>/deployment/…`. */
export interface DeploymentRow {
  readonly kind: "deployment";
  readonly environment: string;
  readonly artifact: string;
  readonly spells: readonly Spell[];
}

/** When a service was rolled back in one week, under `week/<service>/<week>/rollback/…`. */
export interface RollbackRow {
  readonly kind: "rollback";
  readonly environment: string;
  readonly times: readonly number[];
}

/** A change that a service ran for the first time in this week, under `week/<service>/<week>/shipped/…`. */
export interface ShippedRow {
  readonly kind: "shipped";
  readonly at: number;
  readonly created?: number | undefined;
  readonly merged?: number | undefined;
}

/** The documents as handlers have them, in a transaction. */
export type DoraDocuments = Pick<ProjectionDocuments<DoraDocument>, "get" | "set" | "delete">;

export const keys = {
  change: (change: string): string => `change/${part(change)}`,
  link: (what: "name" | "chain" | "artifact", id: string): string => `link/${what}/${part(id)}`,
  incident: (incident: string): string => `incident/${part(incident)}`,
  began: (week: string, incident: string): string => `${prefixes.began}${week}/${part(incident)}`,
  service: (service: string): string => prefixes.services + part(service),
  row(service: string, week: string, kind: "deployment" | "rollback" | "shipped", ...of: string[]): string {
    return [prefixes.rows(service) + week, kind, ...of.map(part)].join("/");
  },
};

/** What keys begin with; a week follows where it is about weeks. */
export const prefixes = {
  services: "service/",
  began: "began/",
  rows: (service: string): string => `week/${part(service)}/`,
};

const longestPart = 100;

/** A text as one part of a key: ASCII, without "/", and not longer than a database likes to have it in an index. */
function part(text: string): string {
  // A buffer has no lone surrogates, which cannot be encoded.
  const encoded = encodeURIComponent(Buffer.from(text).toString());
  return encoded.length <= longestPart ? encoded : `${encoded.slice(0, longestPart - 20)}~${stableId(text)}`;
}
