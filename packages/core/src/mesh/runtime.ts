import type { BrokerContext, BrokerReport } from "../broker/contract.js";
import { systemClock } from "../clock/clock.js";
import { Consumer, type ConsumerParts } from "../consume/consumer.js";
import type { Counters } from "../consume/counters.js";
import type { Middleware } from "../consume/middleware.js";
import type { Decider } from "../decider/decider.js";
import { execute } from "../decider/execute.js";
import type { Executed, ExecuteOptions } from "../decider/job.js";
import { ConfigurationError, MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import { Relay } from "../outbox/relay.js";
import type { ProjectionHandle } from "../projection/handle.js";
import type { Projection } from "../projection/projection.js";
import type { PublishEntry, PublishOptions } from "../publish/options.js";
import { type Prepared, Publisher } from "../publish/publisher.js";
import { compileFilter, type Filter } from "../routing/filter.js";
import type { SagaOperations } from "../saga/operations.js";
import type { Saga } from "../saga/saga.js";
import type { Catalog } from "../schema/catalog.js";
import type { Transaction } from "../store/contract.js";
import { storeRefusals } from "../store/refusals.js";
import { deferred } from "../util/deferred.js";
import { type Duration, durationMs } from "../util/duration.js";
import { silentLogger } from "../util/logger.js";
import { type DeadLetter, type DeadLetterQuery, listDeadLetters, withDeadLetters } from "./dead-letters.js";
import { healthOf, type MeshHealth, type Observed, stoppedHealth } from "./health.js";
import {
  type ForwardOptions,
  type HandlerOptions,
  type MeshOptions,
  millis,
  type ReplayRequest,
} from "./options.js";
import { Projections } from "./projections.js";
import { type AnyHandler, register } from "./registration.js";
import { plan, type Registration } from "./registry.js";
import { type ReplayPosition, type ReplayResult, replayHistory } from "./replay.js";
import { Sagas } from "./sagas.js";

const defaultMaxEventBytes = 1_048_576;
const defaultStopTimeout: Duration = "30s";

type State = "new" | "starting" | "running" | "stopping" | "stopped";

/** The mesh as it is at run time; `Mesh` in `mesh.ts` is the typed view of it. */
export class MeshRuntime {
  readonly service: string;
  readonly domain: string;
  #state: State = "new";
  readonly #registrations: Registration[] = [];
  readonly #middleware: Middleware[] = [];
  readonly #parts: Omit<ConsumerParts, "middleware">;
  readonly #publisher: Publisher;
  readonly #projections: Projections;
  readonly #sagas: Sagas;
  readonly #namespace: string;
  #consumers: Consumer[] = [];
  #connection: { connected: boolean; cause: unknown } = { connected: true, cause: undefined };
  #relay: Relay | undefined;
  #stopped: Promise<void> | undefined;

  constructor(private readonly options: MeshOptions<Catalog>) {
    const { service, catalog, broker, clock = systemClock, logger = silentLogger, plugins = [] } = options;
    const { dataref, mode = "structured", maxEventBytes = defaultMaxEventBytes } = options;
    requireName("service", service);
    this.#namespace = requireName("namespace", options.namespace ?? "default");
    this.service = service;
    this.domain = options.domain ?? `${broker.name}:${this.#namespace}`;
    const middleware = plugins.flatMap((plugin) => plugin.publish ?? []);
    this.#publisher = new Publisher({
      service,
      catalog,
      broker,
      clock,
      mode,
      maxEventBytes,
      dataref,
      middleware,
    });
    const { unknownType = "deadLetter", expired = "deadLetter", store } = options;
    this.#parts = {
      broker,
      store,
      catalog,
      publisher: this.#publisher,
      clock,
      logger,
      dataref,
      unknownType,
      expired,
    };
    this.#projections = new Projections({ ...this.#parts, service });
    this.#sagas = new Sagas({ ...this.#parts, service }, options.sagas);
  }

  on(types: string | readonly string[], second: HandlerOptions | AnyHandler, third?: AnyHandler): this {
    this.#requireNew("on");
    const [options, handler] = typeof second === "function" ? [{}, second] : [second, third];
    if (handler === undefined)
      throw new ConfigurationError("OPTION_INVALID", "mesh.on needs a handler function.");
    this.#registrations.push(register(this.options, types, options, handler));
    return this;
  }

  projection(projection: Projection): ProjectionHandle {
    this.#requireNew("projection");
    return this.#projections.add(projection);
  }

  saga(saga: Saga): this {
    this.#requireNew("saga");
    this.#sagas.add(saga);
    return this;
  }

  get sagas(): SagaOperations {
    this.#requireRunning("sagas");
    return this.#sagas.operations();
  }

  use(middleware: Middleware): this {
    this.#requireNew("use");
    this.#middleware.push(middleware);
    return this;
  }

  async start(): Promise<void> {
    this.#requireNew("start");
    this.#state = "starting";
    try {
      this.#sagas.plan();
      const registrations = [
        ...this.#registrations,
        ...this.#projections.registrations,
        ...this.#sagas.registrations,
      ];
      const consumers = plan(registrations, this.#parts.broker.capabilities);
      for (const { group, transactional } of consumers)
        if (transactional && this.#parts.store === undefined) throw storeMissing(`Group "${group}"`);
      await this.options.catalog.compile();
      await this.#startPlugins();
      const { clock, logger } = this.#parts;
      await this.#parts.store?.open({ clock, logger });
      await this.#parts.broker.open(this.#brokerContext());
      await this.#projections.begin();
      const middleware = [
        ...(this.options.plugins ?? []).flatMap((plugin) => plugin.consume ?? []),
        ...this.#middleware,
      ];
      for (const consumer of consumers) {
        this.#consumers.push(await Consumer.start(consumer, { ...this.#parts, middleware }));
      }
      this.#projections.start();
      this.#sagas.start();
      this.#startRelay();
      this.#state = "running";
    } catch (error) {
      await this.stop({ timeout: 0 }).catch((second: unknown) =>
        this.#parts.logger.error({ err: second }, "closing what had been opened failed too"),
      );
      throw error;
    }
  }

  async publish(type: string, data: unknown, options: PublishOptions = {}): Promise<MeshEvent> {
    this.#requireRunning("publish");
    const { tx } = options;
    if (tx !== undefined) this.#requireOwn(tx);
    const prepared = this.#publisher.prepare(type, data, options);
    await (tx === undefined ? this.#publisher.send([prepared]) : this.#publisher.store([prepared], tx));
    return prepared.event;
  }

  async publishAll(
    entries: readonly PublishEntry[],
    { tx }: { readonly tx?: Transaction } = {},
  ): Promise<MeshEvent[]> {
    this.#requireRunning("publishAll");
    if (tx !== undefined) this.#requireOwn(tx);
    const prepared = entries.map((entry) => this.#publisher.prepare(entry.type, entry.data, entry));
    await (tx === undefined ? this.#publisher.send(prepared) : this.#publisher.store(prepared, tx));
    return prepared.map(({ event }: Prepared) => event);
  }

  async execute(
    decider: Decider<unknown, unknown>,
    stream: string,
    command: unknown,
    options: ExecuteOptions = {},
  ): Promise<Executed<unknown>> {
    this.#requireRunning("execute");
    const { store } = this.#parts;
    if (store === undefined) throw storeMissing("mesh.execute");
    if (options.tx !== undefined) this.#requireOwn(options.tx);
    const { service } = this;
    return execute({ parts: { ...this.#parts, service, store }, decider, stream, command, options });
  }

  async forward(event: MeshEvent, options: ForwardOptions = {}): Promise<void> {
    this.#requireRunning("forward");
    await this.#publisher.send([this.#publisher.adopt(event, options)]);
  }

  deadLetters(group: string): AsyncIterable<DeadLetter> {
    this.#requireRunning("deadLetters");
    return listDeadLetters(this.#parts.broker, group);
  }

  redrive(group: string, query: DeadLetterQuery = {}): Promise<number> {
    this.#requireRunning("redrive");
    return withDeadLetters(this.#parts.broker, group, query, "redrive");
  }

  purge(group: string, query: DeadLetterQuery = {}): Promise<number> {
    this.#requireRunning("purge");
    return withDeadLetters(this.#parts.broker, group, query, "purge");
  }

  async replay(
    request: ReplayRequest,
    handler: (event: MeshEvent, position: ReplayPosition) => unknown,
  ): Promise<ReplayResult> {
    this.#requireRunning("replay");
    const { channel, from, to, where } = request;
    const wants = where === undefined ? () => true : compileFilter(where as Filter);
    const start = from === "earliest" || "offset" in from ? from : { time: millis(from.time) };
    const end = to === undefined || "offset" in to ? to : { time: millis(to.time) };
    return replayHistory(
      this.#parts,
      end === undefined ? { channel, from: start } : { channel, from: start, to: end },
      wants,
      handler,
    );
  }

  async health(): Promise<MeshHealth> {
    const { broker, store } = this.#parts;
    const observed: Observed = {
      broker,
      store,
      consumers: this.#consumers,
      connection: this.#connection,
      relay: this.#relay,
    };
    const health = this.#state === "running" ? await healthOf(observed) : stoppedHealth(observed);
    return { ...health, projections: await this.#projections.health(health.groups) };
  }

  /** Stopping twice gives the same promise. */
  stop(options: { readonly timeout?: Duration } = {}): Promise<void> {
    this.#stopped ??= this.#stop(durationMs(options.timeout ?? defaultStopTimeout, "stop: timeout"));
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(timeoutMs: number): Promise<void> {
    const { clock, broker } = this.#parts;
    const wasNew = this.#state === "new";
    this.#state = "stopping";
    const due = deferred();
    const cancel = clock.after(timeoutMs, due.resolve);
    if (timeoutMs === 0) due.resolve();
    const deadline = due.promise;
    await Promise.all(
      [...this.#consumers, this.#projections, this.#sagas].map((part) => part.stop(deadline)),
    );
    await Promise.race([this.#publisher.idle(), deadline]);
    await Promise.race([this.#relay?.stop(), deadline]);
    cancel();
    this.#state = "stopped";
    if (wasNew) return;
    await broker.close();
    await this.#relay?.stop();
    await this.#parts.store?.close();
    for (const plugin of [...(this.options.plugins ?? [])].reverse()) await plugin.stop?.();
  }

  async #startPlugins(): Promise<void> {
    const { clock, logger, broker } = this.#parts;
    const context = { service: this.service, namespace: this.#namespace, broker: broker.name, clock, logger };
    for (const plugin of this.options.plugins ?? []) await plugin.start?.(context);
  }

  #startRelay(): void {
    const { store, broker, clock, logger } = this.#parts;
    if (store === undefined || this.options.relay === false) return;
    this.#relay = new Relay({ outbox: store.outbox, broker, clock, logger });
  }

  #requireOwn(tx: Transaction): void {
    if (tx.store !== this.#parts.store) throw storeRefusals.foreign();
  }

  #brokerContext(): BrokerContext {
    const { clock, logger } = this.#parts;
    const report = (one: BrokerReport): void => this.#reported(one);
    return { namespace: this.#namespace, service: this.service, clock, logger, report };
  }

  #reported(report: BrokerReport): void {
    const { logger } = this.#parts;
    if (report.kind === "connected") {
      this.#connection = { connected: true, cause: undefined };
      logger.info({ broker: this.#parts.broker.name }, "broker connected");
    } else if (report.kind === "disconnected") {
      this.#connection = { connected: false, cause: report.cause };
      logger.warn({ broker: this.#parts.broker.name, err: report.cause }, "broker disconnected");
    } else if (report.kind === "gap") {
      this.#count(report, "missed", report.missed ?? 1);
      logger.error(report, "a hard retention limit removed events this group had not handled");
    } else {
      this.#count(report, "stale", report.count);
      logger.warn(report, "settled too late: the lease had gone to another member");
    }
  }

  #count(
    place: { readonly group: string; readonly channel: string },
    name: keyof Counters,
    by: number,
  ): void {
    const consumer = this.#consumers.find(
      ({ options }) => options.group === place.group && options.channel === place.channel,
    );
    if (consumer !== undefined) consumer.counters[name] += by;
  }

  #requireNew(verb: string): void {
    if (this.#state === "new") return;
    throw new ConfigurationError(
      "MESH_STARTED",
      `mesh.${verb} was called after start. Do it before, on a new mesh.`,
    );
  }

  #requireRunning(verb: string): void {
    if (this.#state === "running" || this.#state === "stopping") return;
    throw new MeshError(
      "MESH_NOT_RUNNING",
      `mesh.${verb} needs a running mesh; this one is ${this.#state}. Await mesh.start() first.`,
    );
  }
}

function storeMissing(who: string): ConfigurationError {
  return new ConfigurationError(
    "STORE_MISSING",
    `${who} needs a store, and the mesh has none. Give createMesh a \`store\`.`,
  );
}

/** Names become part of broker names and of `source`. */
function requireName(option: string, name: string): string {
  if (typeof name === "string" && name !== "" && !/[\p{Cc}\p{Surrogate}]/u.test(name)) return name;
  throw new ConfigurationError(
    "OPTION_INVALID",
    `${option} must be a non-empty string without control characters.`,
  );
}
