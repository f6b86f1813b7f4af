/** One transaction of a projection on the log: hold -> read -> lift -> handle -> write -> move. */
import type { Clock } from "../clock/clock.js";
import type { Catalog } from "../schema/catalog.js";
import type { Store, Transaction } from "../store/contract.js";
import { fitting } from "../store/fitting.js";
import type { LogEvent, LogQuery } from "../store/streams.js";
import type { Logger } from "../util/logger.js";
import { BufferedDocuments } from "./documents.js";
import type { FailingEvent } from "./failure.js";
import type { ErasedContext, Projection } from "./projection.js";
import { arrive, begin, namesOf } from "./versions.js";

export interface BatchParts {
  readonly projection: Projection;
  readonly store: Store;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly query: LogQuery;
}

export interface BatchOrder {
  /** At most so many events. */
  readonly limit: number;
  /** Up to here the log was committed before it began. */
  readonly head: number;
  /** It has not arrived at the head yet in this process. */
  readonly arriving: boolean;
  readonly signal: AbortSignal;
  /** Whether to take no further event. */
  isStopping(): boolean;
  /** Told where it is, for when it fails. */
  readonly trace: Trace;
}

/** How far a transaction has come. */
export interface Trace {
  /** The events it has read; undefined before. */
  events: readonly LogEvent[] | undefined;
  /** Which of them is being handled; undefined before the first and after the last. */
  at: number | undefined;
  /** The events are done, and the version is about to become live. */
  isArriving: boolean;
}

export function newTrace(): Trace {
  return { events: undefined, at: undefined, isArriving: false };
}

export type BatchOutcome =
  /** Another transaction has the projection. */
  { readonly kind: "taken" } | { readonly kind: "retired" } | BatchDone;

export interface BatchDone {
  readonly kind: "done";
  readonly before: number;
  readonly position: number;
  readonly handled: number;
  /** It has left events that it had read. */
  readonly isCut: boolean;
  readonly hasArrived: boolean;
}

export async function runBatch(tx: Transaction, parts: BatchParts, order: BatchOrder): Promise<BatchOutcome> {
  const { projection, store, query } = parts;
  const { limit, head, arriving, trace } = order;
  Object.assign(trace, newTrace());
  const names = namesOf(projection);
  const before = await tx.hold(names.position);
  if (before === undefined) return { kind: "taken" };
  if (before === 0 && !(await begin(tx, projection))) return { kind: "retired" };
  const page = await store.streams.page({ ...query, after: before, limit, tx });
  trace.events = page.events;
  const handled = await handleAll(tx, parts, order, page.events);
  const isCut = handled < page.events.length;
  const position = isCut ? (page.events[handled - 1]?.position ?? before) : page.through;
  if (position > before) await tx.move(names.position, position);
  trace.isArriving = arriving && !isCut && position >= head;
  const hasArrived = trace.isArriving && (await arrive(tx, projection));
  trace.isArriving = false;
  return { kind: "done", before, position, handled, isCut, hasArrived };
}

/** Returns how many. */
async function handleAll(
  tx: Transaction,
  { projection, catalog, clock, logger }: BatchParts,
  { signal, isStopping, trace }: BatchOrder,
  events: readonly LogEvent[],
): Promise<number> {
  const documents = new BufferedDocuments(tx.documents, namesOf(projection).documents);
  const shared: ErasedContext = { documents, tx, signal, logger };
  const end = clock.now() + projection.batchMs;
  let handled = 0;
  for (const entry of events) {
    // At least one: the time is over for others' sake, not to stand still.
    if (isStopping() || (handled > 0 && clock.now() >= end)) break;
    trace.at = handled;
    const { stream, version, position } = entry;
    const event = fitting(catalog, entry);
    await projection.on[event.type]?.(event, Object.assign({ stream, version, position }, shared));
    handled++;
  }
  trace.at = undefined;
  await documents.flush();
  return handled;
}

/** The event that has failed, as far as that is known. */
export function eventOf({ events = [], at, isArriving }: Trace): FailingEvent | undefined {
  if (isArriving) return undefined;
  const found = events[at ?? (events.length === 1 ? 0 : -1)];
  if (found === undefined) return undefined;
  const { position, stream, version, event } = found;
  return { position, stream, version, type: event.type };
}

/**
 * How many of the events may be in before the one that has failed. Where that is not known, half of them: a statement that failed
 * without its handler noticing shows at the end only.
 */
export function eventsBefore({ events = [], at, isArriving }: Trace): number {
  if (isArriving) return 0;
  return at ?? Math.floor(events.length / 2);
}
