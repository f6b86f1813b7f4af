import type { DeliveryContext } from "../consume/delivery-context.js";
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import { compileFilter } from "../routing/filter.js";
import type { Catalog } from "../schema/catalog.js";
import { matchesPattern } from "../schema/patterns.js";
import { durationMs } from "../util/duration.js";
import { type HandlerOptions, startPosition } from "./options.js";
import type { Registration } from "./registry.js";

export type AnyHandler = (event: MeshEvent, ctx: DeliveryContext) => unknown;

/** Checks one call of `mesh.on`. Throws when it cannot work. */
export function register(
  { service, catalog }: { readonly service: string; readonly catalog: Catalog },
  types: string | readonly string[],
  options: HandlerOptions,
  run: AnyHandler,
): Registration {
  const patterns = typeof types === "string" ? [types] : types;
  for (const pattern of patterns) checkPattern(catalog, pattern);
  const arriving = catalog.select(patterns);
  const matchers = patterns.map(matchesPattern);
  const { name, ordering, concurrency, prefetch, retry, from, where, timeout, transactional } = options;
  if (where !== undefined) compileFilter(where);
  checkCount("concurrency", concurrency, 1);
  checkCount("prefetch", prefetch, 0);
  return {
    group: name === undefined ? service : `${service}.${name}`,
    settings: {
      ordering,
      concurrency,
      prefetch,
      retry,
      from: from === undefined ? undefined : startPosition(from),
      transactional,
    },
    handler: {
      matchesType: (type) => matchers.some((matches) => matches(type)),
      where,
      run,
      timeoutMs: timeout === undefined ? undefined : durationMs(timeout, "timeout"),
    },
    channels: [...new Set(arriving.map((type) => channelOf(catalog, type)))],
    types: [...new Set([...patterns, ...arriving])],
  };
}

/** @throws ConfigurationError `HANDLER_TYPE_UNKNOWN`, `HANDLER_TYPE_SUPERSEDED` */
export function checkPattern(catalog: Catalog, pattern: string): void {
  const matches = matchesPattern(pattern);
  if (!catalog.definitions.some(({ type }) => matches(type))) {
    throw new ConfigurationError(
      "HANDLER_TYPE_UNKNOWN",
      `No event of the catalog matches "${pattern}". Check the spelling, or add the definition to the catalog.`,
    );
  }
  if (catalog.newest(pattern) !== pattern) {
    throw new ConfigurationError(
      "HANDLER_TYPE_SUPERSEDED",
      `Events of type ${pattern} are lifted to ${catalog.newest(pattern)} before they are handled. Subscribe to that type.`,
    );
  }
}

function channelOf(catalog: Catalog, type: string): string {
  return catalog.find(type)?.channel ?? "events";
}

function checkCount(name: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isInteger(value) && value >= least)) return;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `${name} must be a whole number from ${least}, not ${value}.`,
  );
}
