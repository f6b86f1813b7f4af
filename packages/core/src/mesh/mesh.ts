/**
 * The mesh: everything below put together for one service. This folder holds `createMesh`, what can be asked of a
 * running mesh, plugins and bridges. It may import every layer; nothing imports it.
 */
import type { DeliveryContext } from "../consume/delivery-context.js";
import type { Middleware } from "../consume/middleware.js";
import type { Decider } from "../decider/decider.js";
import type { Executed, ExecuteOptions } from "../decider/job.js";
import type { MeshEvent } from "../event/event.js";
import type { ProjectionHandle } from "../projection/handle.js";
import type { CheckProjection, Projection } from "../projection/projection.js";
import type { PublishEntryFor, PublishOptionsFor } from "../publish/entries.js";
import type { SagaOperations } from "../saga/operations.js";
import type { Saga } from "../saga/saga.js";
import type { Catalog } from "../schema/catalog.js";
import type { AnyEventDefinition } from "../schema/definition.js";
import type { CheckPattern, EventFor, EventTypes, InputOf, NameOrPattern } from "../schema/event-types.js";
import type { Transaction } from "../store/contract.js";
import type { Duration } from "../util/duration.js";
import type { DeadLetter, DeadLetterQuery } from "./dead-letters.js";
import type { MeshHealth } from "./health.js";
import type { ForwardOptions, HandlerOptions, MeshOptions, ReplayRequest } from "./options.js";
import type { ReplayPosition, ReplayResult } from "./replay.js";
import { MeshRuntime } from "./runtime.js";

/** The context of a handler, with `publish` typed by the catalog. */
export interface HandlerContext<C extends Catalog> extends Omit<DeliveryContext, "publish" | "tx"> {
  /**
   * Publishes an event caused by the one being handled. It leaves when the handler has returned, before the delivery
   * is acknowledged; a handler that throws publishes nothing. Its id is derived from the handled event, so a repeated
   * delivery repeats the id.
   *
   * @throws EventDataError `EVENT_SCHEMA_MISMATCH`, InvalidEventError, MeshError `EVENT_TOO_LARGE`
   * @throws MeshError `CONTEXT_CLOSED` when the handler has already returned, failed or timed out
   */
  publish<Type extends EventTypes<C>>(
    type: Type,
    data: InputOf<C, Type>,
    options?: Omit<PublishOptionsFor<C, Type>, "tx">,
  ): MeshEvent<Type, InputOf<C, Type>>;
}

export type Handler<C extends Catalog, E> = (event: E, ctx: HandlerContext<C>) => unknown;

/** The context of a transactional handler. What it publishes leaves when the transaction is committed. */
export interface TransactionalContext<C extends Catalog, Client> extends HandlerContext<C> {
  /** Write through `tx.client`: it is committed with the fact that the event was handled. */
  readonly tx: Transaction<Client>;
}

export type TransactionalHandler<C extends Catalog, Client, E> = (
  event: E,
  ctx: TransactionalContext<C, Client>,
) => unknown;

/** One service's view of the events it shares with others. Made by `createMesh`. */
export interface Mesh<C extends Catalog = Catalog, Client = unknown> extends AsyncDisposable {
  readonly service: string;
  /** Names this mesh in the hop lists of bridges. */
  readonly domain: string;

  /**
   * Handles events of a type, of a pattern (`*` stands for any run of characters), or of several. Handlers of one
   * group that want the same event run one after another as one unit: if one fails, all of them run again.
   *
   * Return: done. Throw: again by the retry policy, then the dead letters. `TerminalError`: the dead letters now.
   * `RetryableError`: again after its time.
   *
   * @throws ConfigurationError `HANDLER_TYPE_UNKNOWN`, `HANDLER_TYPE_SUPERSEDED`, `OPTION_INVALID`, `DURATION_INVALID`,
   *   `MESH_STARTED`; a FilterError for a `where` that cannot be right
   * @example
   * mesh.on("com.acme.artifact.published.v1", async (event, ctx) => {
   *   const report = await scan(event.data.digest, { signal: ctx.signal });
   *   ctx.publish("com.acme.scan.finished.v1", { digest: event.data.digest, report });
   * });
   */
  on<const P extends NameOrPattern<C>>(types: CheckPattern<C, P>, handler: Handler<C, EventFor<C, P>>): this;
  on<const P extends NameOrPattern<C>>(
    types: CheckPattern<C, P>,
    options: HandlerOptions<EventFor<C, P>> & { readonly transactional: true },
    handler: TransactionalHandler<C, Client, EventFor<C, P>>,
  ): this;
  on<const P extends NameOrPattern<C>>(
    types: CheckPattern<C, P>,
    options: HandlerOptions<EventFor<C, P>>,
    handler: Handler<C, EventFor<C, P>>,
  ): this;

  /**
   * Keeps a read model up to date, from start to stop; see `projection`. Every process that has it may do the work, one at a
   * time does.
   *
   * @returns what to ask it with
   * @throws ConfigurationError `STORE_MISSING`, `PROJECTION_DUPLICATE`, `PROJECTION_CHANNEL`, `CAPABILITY_MISSING`,
   *   `HANDLER_TYPE_UNKNOWN`, `HANDLER_TYPE_SUPERSEDED`, `MESH_STARTED`
   * @example
   * const handle = mesh.projection(releases);
   * await mesh.start();
   * await handle.caughtUp();
   * const release = await handle.documents.get("2026-11");
   */
  projection<E, Document, PC>(
    projection: Projection<E, Document, PC> & CheckProjection<C, Client, E, PC>,
  ): ProjectionHandle<Document>;

  /**
   * Runs a saga, from start to stop; see `saga`. Any number of processes share the work on its instances. Give it every version
   * that has running instances.
   *
   * @throws ConfigurationError `STORE_MISSING`, `SAGA_DUPLICATE`, `SAGA_EVENT_UNKNOWN`, `HANDLER_TYPE_SUPERSEDED`, `MESH_STARTED`
   * @example mesh.saga(approval);
   */
  saga<Started extends AnyEventDefinition>(saga: Saga<Started>): this;

  /** What can be asked of sagas, and done with them. */
  readonly sagas: SagaOperations;

  /** Wraps every handling, in the order added, inside the plugins. @throws ConfigurationError `MESH_STARTED` */
  use(middleware: Middleware): this;

  /**
   * Opens the broker and subscribes; resolves when every subscription is live. A mesh starts once.
   *
   * @throws ConfigurationError `CAPABILITY_MISSING`, `GROUP_OPTIONS_CONFLICT`, `SCHEMA_INVALID`, `PROJECTION_RETIRED`, and
   *   what the broker, the store and the plugins reject with
   */
  start(): Promise<void>;

  /**
   * Publishes an event; resolves with it once the broker has confirmed it as durably as its manifest says. Rejects when
   * that is not sure: then the event may still have been stored, and publishing it again with the same `id` is right.
   *
   * @throws EventDataError `EVENT_SCHEMA_MISMATCH`, UnknownTypeError `EVENT_TYPE_UNKNOWN`, InvalidEventError,
   *   MeshError `EVENT_TOO_LARGE`, `MESH_NOT_RUNNING`, BrokerError
   * @example await mesh.publish("com.acme.artifact.published.v1", { digest }, { subject: "web", delay: "5m" })
   */
  publish<Type extends EventTypes<C>>(
    type: Type,
    data: InputOf<C, Type>,
    options?: PublishOptionsFor<C, Type> & { readonly tx?: Transaction<Client> },
  ): Promise<MeshEvent<Type, InputOf<C, Type>>>;

  /** Publishes several events as one batch, in order. All are checked before any is sent. */
  publishAll(
    entries: readonly PublishEntryFor<C>[],
    options?: { readonly tx?: Transaction<Client> },
  ): Promise<MeshEvent[]>;

  /**
   * Decides a command on a stream: reads its events, asks the decider, and appends what it answers. When the stream has changed
   * meanwhile all of it is done again.
   *
   * @param stream - its name, such as "release/42"; see `Streams.append`
   * @throws ConfigurationError `STORE_MISSING`, `TX_FOREIGN`; MeshError `STREAM_EVENT_UNFIT`; StoreError `STREAM_CONFLICT` after
   *   too many retries, and what else the store throws; what `decide` throws; what `publish` throws about an event
   * @example
   * const { state } = await mesh.execute(release, "release/42", { approve: "ann" });
   */
  execute<State, Command>(
    decider: Decider<State, Command, EventTypes<C>>,
    stream: string,
    command: NoInfer<Command>,
    options?: Omit<ExecuteOptions, "tx"> & { readonly tx?: Transaction<Client> },
  ): Promise<Executed<State>>;

  /** Publishes an event that exists already, from another mesh or from outside, as it is: same id, same source. */
  forward(event: MeshEvent, options?: ForwardOptions): Promise<void>;

  /** The dead letters of a group, oldest first. The group of a named handler is "<service>.<name>". */
  deadLetters(group: string): AsyncIterable<DeadLetter>;
  /** Hands dead letters back to the group they failed in, attempts reset. Returns how many. */
  redrive(group: string, query?: DeadLetterQuery): Promise<number>;
  /** Removes dead letters for good. Returns how many. */
  purge(group: string, query?: DeadLetterQuery): Promise<number>;

  /**
   * Reads a stretch of a channel's history in order, one event at a time, touching no group. What the handler throws
   * ends the replay and rejects it.
   */
  replay(
    request: ReplayRequest,
    handler: (event: MeshEvent, position: ReplayPosition) => unknown,
  ): Promise<ReplayResult>;

  /** How the broker, this mesh's groups, its outbox and its relay are doing. Never rejects. */
  health(): Promise<MeshHealth>;

  /**
   * Stops: takes nothing new, gives back what has not begun, waits for running handlers until `timeout` (default
   * "30s") and then aborts them and gives their events back, sends what was published, closes the broker. An event
   * given back is delivered again, uncounted. Stopping again returns the same promise.
   */
  stop(options?: { readonly timeout?: Duration }): Promise<void>;
}

/**
 * Makes a mesh. Nothing is opened before `start`.
 *
 * @throws ConfigurationError `OPTION_INVALID`
 * @example
 * const mesh = createMesh({ service: "security-scan", catalog, broker: memoryBroker() });
 * mesh.on("com.acme.artifact.published.v1", (event) => console.log(event.data.digest));
 * await mesh.start();
 */
export function createMesh<C extends Catalog, Client = unknown>(
  options: MeshOptions<C, Client>,
): Mesh<C, Client> {
  // The runtime is the same for every catalog; only the compiler knows which events there are.
  const runtime: unknown = new MeshRuntime(options);
  return runtime as Mesh<C, Client>;
}
