/** How the things that events name are told apart, which environments count, and when something happened. */
import { ConfigurationError } from "@meshwright/core";
import type { CdEvent, Reference } from "../event/cdevent.js";

/** A thing that an event names. */
export interface DoraThing {
  readonly kind: "service" | "change" | "incident";
  readonly id: string;
  /** Where it is from: what the event says of it, else the source of the event. */
  readonly source: string;
}

export interface ReadingOptions {
  /**
   * Which environments count: ids, compared without regard to case, or a function. Default: `["production"]`.
   *
   * @example ["production-eu", "production-us"]
   * @example ({ id }) => id.startsWith("prod")
   */
  readonly environments?: readonly string[] | ((environment: Reference) => boolean);
  /**
   * What a thing is called in the metrics; things with one name are one thing. Default: its id, whatever its source is. Give a
   * function where ids are not unique beyond their source, or where tools name one service differently.
   *
   * @example ({ kind, id, source }) => (kind === "change" ? `${source}#${id}` : id)
   */
  readonly nameOf?: (thing: DoraThing) => string;
}

export interface Reading {
  counts(environment: Reference): boolean;
  nameOf(kind: DoraThing["kind"], event: CdEvent, reference: Reference): string;
}

/** @throws ConfigurationError `OPTION_INVALID` */
export function readingOf({
  environments = ["production"],
  nameOf = ({ id }) => id,
}: ReadingOptions): Reading {
  return {
    counts: typeof environments === "function" ? environments : oneOfThese(environments),
    nameOf: (kind, event, { id, source }) => nameOf({ kind, id, source: source ?? event.context.source }),
  };
}

/** Environments are one where their ids differ in case only. */
export function environmentName({ id }: Reference): string {
  return id.toLowerCase();
}

/** When it happened, in milliseconds since the epoch; undefined where the timestamp is none. */
export function happenedAt({ context: { timestamp } }: CdEvent): number | undefined {
  const parts = shape.exec(timestamp);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = "", sign, hours = 0, minutes = 0] = parts;
  const offset = (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  // Not Date.parse, which knows no leap second. Not Date.UTC alone, which takes the year 26 for 1926.
  const time = new Date(0);
  time.setUTCFullYear(Number(year), Number(month) - 1, Number(day));
  return time.setUTCHours(
    Number(hour),
    Number(minute) - offset,
    Number(second),
    Math.floor(Number(`0${fraction}`) * 1_000),
  );
}

/** What schemas let through as a date-time. */
const shape = /^(\d{4})-(\d\d)-(\d\d)[T\s](\d\d):(\d\d):(\d\d)(\.\d+)?(?:Z|([+-])(\d\d):?(\d\d)?)$/i;

function oneOfThese(environments: readonly string[]): Reading["counts"] {
  const names = new Set(environments.map((id) => id.toLowerCase()));
  if (names.size === 0) {
    throw new ConfigurationError(
      "OPTION_INVALID",
      'environments: an empty list counts nothing. Name one, such as ["production"], or leave it out.',
    );
  }
  return (environment) => names.has(environmentName(environment));
}
