/**
 * Read models: what has happened, put together so that it can be asked. This folder holds `projection`, the loops that
 * keep a projection up to date, and what can be asked of it. A batch of events, what was made of them, and how far that is, are
 * one transaction (`batch.ts`); whoever holds the checkpoint is the owner (`versions.ts`). The folder may import `store`,
 * `consume` and what is below.
 */
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "../schema/catalog.js";
import type { EventFor, HandledTypes } from "../schema/event-types.js";
import type { TypedSchema } from "../schema/json-schema.js";
import type { Transaction } from "../store/contract.js";
import { type Duration, durationMs } from "../util/duration.js";
import type { Logger } from "../util/logger.js";
import type { ProjectionDocuments } from "./documents.js";

/** Where the events come from: the store's streams, all or one category of them, or a channel of the broker. */
export type ProjectionSource = "store" | { readonly category: string } | { readonly channel: string };

/** Where an event stands in the store. */
export interface StreamPlace {
  readonly stream: string;
  /** Of the event, in its stream. */
  readonly version: number;
  /** Of the event, in the log of all streams. */
  readonly position: number;
}

/** Where an event stands in its channel. */
export interface ChannelPlace {
  readonly channel: string;
  /** The ordering key that the event was published with. */
  readonly key: string;
  readonly offset: string;
}

/** What a handler of a projection has beside the event. */
export type ProjectionContext<Document, Client, From extends ProjectionSource> = {
  /** This version's documents, in this transaction. */
  readonly documents: ProjectionDocuments<Document>;
  /** Write your own tables through `tx.client`. */
  readonly tx: Transaction<Client>;
  /** Aborts when the transaction has failed or its time is up, and when the mesh stops without waiting longer. */
  readonly signal: AbortSignal;
  readonly logger: Logger;
} & (From extends { readonly channel: string } ? ChannelPlace : StreamPlace);

/** What `setup` and `live` are given. */
export interface ProjectionChange<Client = unknown> {
  readonly tx: Transaction<Client>;
  readonly version: number;
}

/** A handler for each type. */
export type ProjectionHandlers<C extends Catalog, Document, Client, From extends ProjectionSource> = {
  readonly [Type in HandledTypes<C>]?: (
    event: EventFor<C, Type>,
    context: ProjectionContext<Document, Client, From>,
  ) => unknown;
};

/** For a type that handlers cannot get, a sentence that says so: the compiler shows it. */
type CheckTypes<C extends Catalog, On> = {
  readonly [Type in keyof On]: Type extends HandledTypes<C>
    ? unknown
    : `no event of the catalog is handled as "${Type & string}"`;
};

export interface ProjectionOptions<C extends Catalog, On, Document, Client, From extends ProjectionSource> {
  /** For the types of the events. Default: `data` is unknown. What arrives is checked by the catalog of the mesh. */
  readonly catalog?: C;
  /** A whole number from 1. A higher one is built beside the one that is live, and takes its place. */
  readonly version: number;
  /** Default "store": the events of all streams. */
  readonly from?: From;
  /** The type of what `documents` holds: `typed<Release>()`. Only a type. */
  readonly document?: TypedSchema<Document>;
  /** The type of `tx.client`: `typed<PoolClient>()`. Only a type. */
  readonly client?: TypedSchema<Client>;
  /** What to do with events, by type: the newest version of each. Others are passed over. */
  readonly on: ProjectionHandlers<C, Document, Client, From> & CheckTypes<C, On>;
  /** Once, in the transaction in which this version begins. Make its tables here. */
  readonly setup?: (change: ProjectionChange<Client>) => unknown;
  /** In the transaction in which this version becomes the live one. Switch a view here. */
  readonly live?: (change: ProjectionChange<Client>) => unknown;
  /** How many events one transaction takes at most. Default 500: more would hold locks for longer and gain little. */
  readonly batchLimit?: number;
  /** After this time a transaction takes no further event. Default "100ms", so that others get their turn. */
  readonly batchTime?: Duration;
  /** How long one transaction may take; then it has failed. Default "30s": a handler that hangs would hold it for ever. */
  readonly timeout?: Duration;
}

/** A projection, as `mesh.projection` takes it. Made by `projection`. */
export interface Projection<out E = MeshEvent, out Document = unknown, out Client = unknown> {
  readonly name: string;
  readonly version: number;
  readonly from: ProjectionSource;
  readonly on: Readonly<Record<string, ErasedHandler>>;
  readonly setup: ErasedHook | undefined;
  readonly live: ErasedHook | undefined;
  readonly batchLimit: number;
  readonly batchMs: number;
  readonly timeoutMs: number;
  /** Only a type: absent at run time. */
  readonly "~types"?: { readonly event: E; readonly document: Document; readonly client: Client } | undefined;
}

/**
 * What a projection is intersected with where a mesh takes it: unknown where its events and its client are the mesh's, else a
 * sentence that says what is missing, which the compiler then shows.
 */
export type CheckProjection<C extends Catalog, MeshClient, E, Client> =
  string extends HandledTypes<C>
    ? unknown
    : [Lacking<C, E>] extends [never]
      ? [Differing<C, E>] extends [never]
        ? [MeshClient] extends [Client]
          ? unknown
          : "the store of this mesh has another client than the projection"
        : `the catalog of this mesh has other data for "${Differing<C, E>}" than that of the projection`
      : `no event of this mesh's catalog is handled as "${Lacking<C, E>}"`;

type TypeOf<E> = E extends { readonly type: infer Type extends string } ? Type : never;

type Lacking<C extends Catalog, E> = Exclude<TypeOf<E>, HandledTypes<C>>;

type Differing<C extends Catalog, E> = {
  [Type in TypeOf<E>]: EventFor<C, Type> extends Extract<E, { readonly type: Type }> ? never : Type;
}[TypeOf<E>];

/** A handler whose event, documents and client are not known to the compiler. */
export type ErasedHandler = (event: MeshEvent, context: ErasedContext) => unknown;
export type ErasedHook = (change: ProjectionChange) => unknown;
export interface ErasedContext {
  readonly documents: ProjectionDocuments<unknown>;
  readonly tx: Transaction;
  readonly signal: AbortSignal;
  readonly logger: Logger;
}

/** The events of these types, as the catalog has them. */
type ProjectedEvents<C extends Catalog, Type extends string> =
  string extends HandledTypes<C> ? MeshEvent<Type> : EventFor<C, Type>;

/**
 * A read model. Give it to `mesh.projection`.
 *
 * @param name - 1 to 100 of A-Z, a-z, 0-9, ".", "_" and "-"; of one projection in a store
 * @throws ConfigurationError `PROJECTION_INVALID`, `DURATION_INVALID`
 * @example
 * export const releases = projection("releases", {
 *   catalog,
 *   version: 1,
 *   document: typed<Release>(),
 *   on: {
 *     "com.acme.release.created.v1": (event, { documents }) => documents.set(event.data.id, { state: "new" }),
 *   },
 * });
 */
export function projection<
  const On,
  C extends Catalog = Catalog,
  Document = unknown,
  Client = unknown,
  const From extends ProjectionSource = "store",
>(
  name: string,
  options: ProjectionOptions<C, On, Document, Client, From>,
): Projection<ProjectedEvents<C, keyof On & string>, Document, Client> {
  const { version, from = "store", on, setup, live, batchLimit = 500 } = options;
  requireName(name);
  check(Number.isSafeInteger(version) && version >= 1, name, "`version` is a whole number from 1");
  check(isSource(from), name, '`from` is "store", { category } or { channel }');
  check(isHandlers(on), name, "`on` has a function for each of one or more types");
  const hooks = [setup, live].every((hook) => hook === undefined || typeof hook === "function");
  check(hooks, name, "`setup` and `live` are functions");
  const right = Number.isSafeInteger(batchLimit) && batchLimit >= 1;
  check(right, name, "`batchLimit` is a whole number from 1");
  return Object.freeze({
    name,
    version,
    from,
    // Each is given what is its own: by type, by `document`, and by the check of `mesh.projection`.
    on: { ...on } as unknown as Readonly<Record<string, ErasedHandler>>,
    setup: setup as ErasedHook | undefined,
    live: live as ErasedHook | undefined,
    batchLimit,
    batchMs: durationMs(options.batchTime ?? "100ms", "batchTime"),
    timeoutMs: durationMs(options.timeout ?? "30s", "timeout"),
  });
}

function requireName(name: string): void {
  if (typeof name === "string" && /^[A-Za-z0-9._-]{1,100}$/.test(name)) return;
  throw new ConfigurationError(
    "PROJECTION_INVALID",
    'The name of a projection has 1 to 100 of A-Z, a-z, 0-9, ".", "_" and "-".',
  );
}

function check(right: boolean, name: string, rule: string): void {
  if (!right) throw new ConfigurationError("PROJECTION_INVALID", `Projection "${name}": ${rule}.`);
}

function isSource(from: unknown): boolean {
  if (typeof from !== "object" || from === null) return from === "store";
  const [entry, ...more] = Object.entries(from);
  const known = entry?.[0] === "category" || entry?.[0] === "channel";
  return known && more.length === 0 && typeof entry[1] === "string" && entry[1] !== "";
}

function isHandlers(on: unknown): boolean {
  if (typeof on !== "object" || on === null) return false;
  const handlers = Object.values(on);
  return handlers.length > 0 && handlers.every((handler) => typeof handler === "function");
}
