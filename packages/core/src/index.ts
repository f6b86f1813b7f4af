/** The door for applications. Adapters import `@meshwright/core/adapter`. */
export type { Broker, Failure, FailureReason, WireMessage } from "./broker/contract.js";
export type { MemoryFaults } from "./broker/memory/faults.js";
export { memoryBroker, memoryServer } from "./broker/memory/memory.js";
export type {
  MemoryBroker,
  MemoryBrokerOptions,
  MemoryRetention,
  MemoryServer,
  MemoryServerOptions,
} from "./broker/memory/options.js";
export { type Clock, systemClock } from "./clock/clock.js";
export { decode, type EncodedEvent, encode } from "./codec/codec.js";
export { formatBatch, formatEvent, parseBatch, parseEvent } from "./codec/json.js";
export type { DeliveryContext } from "./consume/context.js";
export type { Counters } from "./consume/counters.js";
export type { Middleware } from "./consume/middleware.js";
export { type RetryPolicy, retry } from "./consume/retry.js";
export { HandlerTimeoutError } from "./consume/run.js";
export {
  BrokerError,
  ConfigurationError,
  InvalidEventError,
  MeshError,
  RetryableError,
  TerminalError,
} from "./errors/errors.js";
export type { MeshEvent } from "./event/event.js";
export { type BridgeOptions, bridge } from "./mesh/bridge.js";
export type { DeadLetter, DeadLetterQuery } from "./mesh/dead-letters.js";
export type { GroupHealth, MeshHealth } from "./mesh/health.js";
export {
  createMesh,
  type Handler,
  type HandlerContext,
  type Mesh,
  type PublishEntryFor,
  type PublishOptionsFor,
} from "./mesh/mesh.js";
export type { ForwardOptions, From, HandlerOptions, MeshOptions, ReplayRequest } from "./mesh/options.js";
export type { Plugin, PluginContext } from "./mesh/plugin.js";
export type { ReplayPosition, ReplayResult } from "./mesh/replay.js";
export type { ClaimCheck } from "./publish/claim-check.js";
export { EventDataError, UnknownTypeError } from "./publish/errors.js";
export type { PublishContext, PublishMiddleware } from "./publish/publisher.js";
export { createRouter } from "./routing/create-router.js";
export { compileFilter, type Filter } from "./routing/filter.js";
export { FilterError } from "./routing/filter-error.js";
export type { Router } from "./routing/router.js";
export { type Catalog, defineCatalog } from "./schema/catalog.js";
export { defineEvent, type EventDefinition } from "./schema/definition.js";
export type { EventFor, EventTypes, InputOf } from "./schema/event-types.js";
export { type JsonSchema, typed } from "./schema/json-schema.js";
export type { Issue, ValidationResult, Validator } from "./schema/validation.js";
export type { Duration } from "./util/duration.js";
export { type Logger, silentLogger } from "./util/logger.js";
