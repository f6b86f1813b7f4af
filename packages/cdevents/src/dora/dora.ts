/**
 * DORA metrics from CDEvents. `doraMetrics` is a projection; `report.ts` reads what it keeps. An event goes through
 * `handlers.ts` (what it counts as), `facts.ts` (what it says) and `apply.ts` or `links.ts` (what is kept of it); a report goes
 * through `read.ts` and `weeks.ts`. The folder imports `vocabulary/`, `event/` and `@meshwright/core`.
 */
import {
  ConfigurationError,
  type Projection,
  type ProjectionSource,
  projection,
  typed,
} from "@meshwright/core";
import { cdeventsCatalog } from "../catalog.js";
import type { DoraDocument } from "./documents.js";
import { type DoraEvent, doraHandlers } from "./handlers.js";
import { type ReadingOptions, readingOf } from "./reading.js";

export interface DoraOptions extends ReadingOptions {
  /** The name of the projection. Default "dora". */
  readonly name?: string;
  /** Where the events come from, as `projection` takes it. Default `{ channel: "events" }`, on which CDEvents travel. */
  readonly from?: ProjectionSource;
  /** From 1 to 999; default 1. Raise it when `environments` or `nameOf` change: the past is then read again with the new ones. */
  readonly version?: number;
}

/** What is kept changed its shape: raise it, and every user's projection is built anew. */
const layout = 1;
const versionsOfUsers = 1_000;

/**
 * The projection from which `doraReport` tells deployment frequency, lead time, change failure rate and time to restore, by
 * service and week. What they mean exactly is in docs/dora.md.
 *
 * Events may come late, in any order, and more than once. The mesh needs a store, and a catalog with the events of
 * `cdeventsVocabulary`.
 *
 * @throws ConfigurationError `OPTION_INVALID`, `PROJECTION_INVALID`
 * @example
 * const dora = mesh.projection(doraMetrics({ environments: ["production"] }));
 * await mesh.start();
 * console.table(await doraReport(dora.documents, { service: "shop" }));
 */
export function doraMetrics(options: DoraOptions = {}): Projection<DoraEvent, DoraDocument> {
  const { name = "dora", from = { channel: "events" }, version = 1 } = options;
  if (!Number.isSafeInteger(version) || version < 1 || version >= versionsOfUsers) {
    throw new ConfigurationError("OPTION_INVALID", "version is a whole number from 1 to 999.");
  }
  return projection(name, {
    catalog: cdeventsCatalog,
    version: layout * versionsOfUsers + version,
    from,
    document: typed<DoraDocument>(),
    on: doraHandlers(readingOf(options)),
  });
}
