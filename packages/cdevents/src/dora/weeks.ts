/** The metrics of one service, from what the projection keeps of it. Pure. */
import type { DeploymentRow, IncidentDocument, RollbackRow, ShippedRow } from "./documents.js";
import { deploymentsOf, failuresOf, isAbout } from "./failures.js";
import { type Spread, spreadOf } from "./spread.js";
import { weekOf } from "./week.js";

/** The metrics of one service in one ISO week. Durations are milliseconds. */
export interface DoraWeek {
  /** The service's name; "" for incidents that belong to no service. */
  readonly service: string;
  /** The ISO week in UTC: "2026-W14". */
  readonly week: string;
  /** Deployment frequency: how often the service was deployed in this week. */
  readonly deployments: number;
  /** How many of these deployments failed, whenever that came out. */
  readonly failures: number;
  /** `failures / deployments`; undefined in a week without deployments. */
  readonly changeFailureRate: number | undefined;
  /** From the change to its first deployment, of the changes that were first deployed in this week. */
  readonly leadTimeMs: Spread | undefined;
  /** How many incidents began in this week. */
  readonly incidents: number;
  /** How many of them are not resolved. */
  readonly unresolved: number;
  /** From the beginning to the end, of the incidents that began in this week and are resolved. */
  readonly timeToRestoreMs: Spread | undefined;
}

/** How the metrics are counted; see `DoraReportOptions`. */
export interface Counting {
  readonly leadTimeFrom: "change.created" | "change.merged";
  readonly repeatWithinMs: number;
  readonly failureWithinMs: number;
}

/** What is known of a service, and the incidents of all services. */
export interface History {
  readonly service: string;
  readonly deployments: readonly DeploymentRow[];
  readonly rollbacks: readonly RollbackRow[];
  readonly shipped: readonly ShippedRow[];
  readonly incidents: readonly IncidentDocument[];
}

/** What has been counted, by week. */
export type Weeks = ReadonlyMap<string, DoraWeek>;

/**
 * Counts what happened to a service.
 *
 * @returns its weeks in which something happened, and those of the incidents that it has to do with
 */
export function countWeeks(
  history: History,
  counting: Counting,
): { readonly weeks: Weeks; readonly incidents: readonly IncidentDocument[] } {
  const { failureWithinMs, leadTimeFrom, repeatWithinMs } = counting;
  const deployments = deploymentsOf(history.deployments, repeatWithinMs);
  const incidents = history.incidents.filter((incident) =>
    isAbout(incident, history.service, deployments, failureWithinMs),
  );
  const failed = failuresOf(deployments, history.rollbacks, incidents, failureWithinMs);
  const tallies = new Map<string, Tally>();
  for (const deployment of deployments) {
    const tally = tallyAt(tallies, deployment.at);
    tally.deployments++;
    if (failed.has(deployment)) tally.failures++;
  }
  for (const { at, created, merged } of history.shipped) {
    const since = leadTimeFrom === "change.merged" ? merged : created;
    if (since !== undefined) tallyAt(tallies, at).leadTimes.push(at - since);
  }
  addIncidents(tallies, incidents);
  return { weeks: weeksOf(history.service, tallies), incidents };
}

/** Counts incidents that belong to no service. */
export function countIncidents(incidents: readonly IncidentDocument[]): Weeks {
  const tallies = new Map<string, Tally>();
  addIncidents(tallies, incidents);
  return weeksOf("", tallies);
}

/** A week in which nothing happened. */
export function emptyWeek(service: string, week: string): DoraWeek {
  return weekOfTally(service, week, newTally());
}

interface Tally {
  deployments: number;
  failures: number;
  readonly leadTimes: number[];
  incidents: number;
  unresolved: number;
  readonly restoreTimes: number[];
}

function newTally(): Tally {
  return { deployments: 0, failures: 0, leadTimes: [], incidents: 0, unresolved: 0, restoreTimes: [] };
}

function tallyAt(tallies: Map<string, Tally>, ms: number): Tally {
  const week = weekOf(ms);
  const tally = tallies.get(week) ?? newTally();
  tallies.set(week, tally);
  return tally;
}

function addIncidents(tallies: Map<string, Tally>, incidents: readonly IncidentDocument[]): void {
  for (const { began, resolved } of incidents) {
    if (began === undefined) continue;
    const tally = tallyAt(tallies, began);
    tally.incidents++;
    if (resolved === undefined) tally.unresolved++;
    else tally.restoreTimes.push(resolved - began);
  }
}

function weeksOf(service: string, tallies: ReadonlyMap<string, Tally>): Weeks {
  return new Map([...tallies].map(([week, tally]) => [week, weekOfTally(service, week, tally)]));
}

function weekOfTally(service: string, week: string, tally: Tally): DoraWeek {
  const { deployments, failures, leadTimes, incidents, unresolved, restoreTimes } = tally;
  return {
    service,
    week,
    deployments,
    failures,
    changeFailureRate: deployments === 0 ? undefined : failures / deployments,
    leadTimeMs: spreadOf(leadTimes),
    incidents,
    unresolved,
    timeToRestoreMs: spreadOf(restoreTimes),
  };
}
