/** The report: which weeks are asked for, what has to be read for them, and their rows. */
import { ConfigurationError } from "@meshwright/core";
import { keptApart } from "./apply.js";
import { type DoraReader, incidentsIn, rowsOf, type Span, servicesIn } from "./read.js";
import { beginningOf, nextWeek, requireWeek, weekOf } from "./week.js";
import { type Counting, countIncidents, countWeeks, type DoraWeek, emptyWeek, type Weeks } from "./weeks.js";

export interface DoraReportOptions {
  /** Only of this service. Default: all, and incidents that belong to none. */
  readonly service?: string;
  /** The first week, such as "2026-W14". Default: the first in which something happened. */
  readonly from?: string;
  /** The last week. Default: the last in which something happened. With both, services have rows for quiet weeks too. */
  readonly to?: string;
  /** Where lead time begins. Default "change.merged". */
  readonly leadTimeFrom?: Counting["leadTimeFrom"];
  /**
   * Reports of one artifact, service and environment are of one deployment while none comes later than this after the one
   * before it. Milliseconds, from a minute to a week. Default 15 minutes: tools tell of one deployment minutes apart.
   */
  readonly repeatWithinMs?: number;
  /**
   * How long after a deployment an incident or a rollback still goes back to it. Milliseconds, up to 52 weeks. Default 7 days:
   * what breaks later than that has most often another cause.
   */
  readonly failureWithinMs?: number;
}

/**
 * The metrics of services by week, in the order of services and weeks. The row of a week is the same whatever range is asked
 * for: what is read begins somewhat before it and ends somewhat after it.
 *
 * @param documents - those of the projection
 * @throws ConfigurationError `WEEK_INVALID`, `OPTION_INVALID`
 * @example const rows = await doraReport(dora.documents, { service: "shop", from: "2026-W10", to: "2026-W22" });
 */
export async function doraReport(
  documents: DoraReader,
  options: DoraReportOptions = {},
): Promise<readonly DoraWeek[]> {
  const counting = countingOf(options);
  const span = spanOf(options, counting);
  const incidents = await incidentsIn(documents, span);
  const ownerless = new Set(incidents);
  const rows: DoraWeek[] = [];
  for (const service of options.service === undefined ? await servicesIn(documents) : [options.service]) {
    const history = { service, incidents, ...(await rowsOf(documents, service, span)) };
    const counted = countWeeks(history, counting);
    for (const incident of counted.incidents) ownerless.delete(incident);
    rows.push(...rowsAskedFor(counted.weeks, service, options));
  }
  if (options.service === undefined) rows.push(...inOrder(countIncidents([...ownerless]), options));
  return rows;
}

const weekMs = 7 * 86_400_000;

function countingOf(options: DoraReportOptions): Counting {
  const { leadTimeFrom = "change.merged", repeatWithinMs = 900_000, failureWithinMs = weekMs } = options;
  requireWithin("repeatWithinMs", repeatWithinMs, keptApart, weekMs);
  requireWithin("failureWithinMs", failureWithinMs, 0, 52 * weekMs);
  if (leadTimeFrom !== "change.merged" && leadTimeFrom !== "change.created") {
    throw new ConfigurationError("OPTION_INVALID", 'leadTimeFrom is "change.merged" or "change.created".');
  }
  return { leadTimeFrom, repeatWithinMs, failureWithinMs };
}

function requireWithin(option: string, ms: number, least: number, most: number): void {
  if (ms >= least && ms <= most) return;
  throw new ConfigurationError("OPTION_INVALID", `${option} is milliseconds, from ${least} to ${most}.`);
}

/** The weeks asked for, and those around them in which something may have to do with them. */
function spanOf({ from, to }: DoraReportOptions, { repeatWithinMs, failureWithinMs }: Counting): Span {
  if (from !== undefined) requireWeek(from, "from");
  if (to !== undefined) requireWeek(to, "to");
  return {
    from: from === undefined ? undefined : weekOf(beginningOf(from) - failureWithinMs - repeatWithinMs),
    to: to === undefined ? undefined : weekOf(beginningOf(nextWeek(to)) + failureWithinMs),
  };
}

function rowsAskedFor(weeks: Weeks, service: string, { from, to }: Span): readonly DoraWeek[] {
  if (from === undefined || to === undefined) return inOrder(weeks, { from, to });
  const rows: DoraWeek[] = [];
  for (let week = from; week <= to; week = nextWeek(week)) {
    rows.push(weeks.get(week) ?? emptyWeek(service, week));
  }
  return rows;
}

function inOrder(weeks: Weeks, { from = "", to = "~" }: Span): readonly DoraWeek[] {
  return [...weeks.values()]
    .filter(({ week }) => week >= from && week <= to)
    .sort((one, other) => (one.week < other.week ? -1 : 1));
}
