/** The door for applications. Adapters import `@meshwright/core/adapter`. */
export { type Archive, type ArchiveOptions, auditArchive } from "./archive/archive.js";
export type { ArchiveEntry } from "./archive/chain.js";
export {
  type ArchiveHead,
  type ExtensionProof,
  type InclusionProof,
  type ProofStep,
  verifyExtension,
  verifyInclusion,
} from "./archive/proof.js";
export type { Verdict, VerifyOptions } from "./archive/verify.js";
export type { Broker, Failure, FailureReason, GroupReport, WireMessage } from "./broker/contract.js";
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
export { batchMediaType, type ContentMode, decode, encode } from "./codec/codec.js";
export { formatBatch, formatEvent, parseBatch, parseEvent } from "./codec/json.js";
export { type EncodedEvent, eventMediaType } from "./codec/message.js";
export type { Counters } from "./consume/counters.js";
export type { DeliveryContext } from "./consume/delivery-context.js";
export type { Middleware } from "./consume/middleware.js";
export { type RetryPolicy, retry } from "./consume/retry.js";
export { HandlerTimeoutError } from "./consume/run.js";
export {
  type Decider,
  type DeciderDefinition,
  type Decision,
  decider,
  type SnapshotPolicy,
} from "./decider/decider.js";
export type { Executed, ExecuteOptions } from "./decider/job.js";
export {
  BrokerError,
  ConfigurationError,
  InvalidEventError,
  MeshError,
  RetryableError,
  StoreError,
  TerminalError,
} from "./errors/errors.js";
export { type EventErrorCode, eventErrorCodes } from "./event/codes.js";
export type { MeshEvent } from "./event/event.js";
export { fromCloudEvent, type SdkCloudEvent, toCloudEvent } from "./interop/cloudevents.js";
export { type BridgeOptions, bridge } from "./mesh/bridge.js";
export type { DeadLetter, DeadLetterQuery } from "./mesh/dead-letters.js";
export type { GroupHealth, MeshHealth, OutboxHealth } from "./mesh/health.js";
export {
  createMesh,
  type Handler,
  type HandlerContext,
  type Mesh,
  type TransactionalContext,
  type TransactionalHandler,
} from "./mesh/mesh.js";
export type {
  ForwardOptions,
  From,
  HandlerOptions,
  MeshOptions,
  ReplayRequest,
  SagaSettings,
} from "./mesh/options.js";
export type { Plugin, PluginContext } from "./mesh/plugin.js";
export type { ReplayPosition, ReplayResult } from "./mesh/replay.js";
export type { RelayReport } from "./outbox/relay.js";
export type { DocumentReader, KeyedDocument, ProjectionDocuments } from "./projection/documents.js";
export type { ProjectionHandle } from "./projection/handle.js";
export type { ProjectionError, ProjectionHealth } from "./projection/health.js";
export {
  type ChannelPlace,
  type CheckProjection,
  type Projection,
  type ProjectionChange,
  type ProjectionContext,
  type ProjectionHandlers,
  type ProjectionOptions,
  type ProjectionSource,
  projection,
  type StreamPlace,
} from "./projection/projection.js";
export type { ClaimCheck } from "./publish/claim-check.js";
export type { PublishEntryFor, PublishOptionsFor } from "./publish/entries.js";
export { EventDataError, UnknownTypeError } from "./publish/errors.js";
export type { PublishContext, PublishMiddleware } from "./publish/publisher.js";
export { createRouter } from "./routing/create-router.js";
export {
  compileFilter,
  type Dialect,
  type Filter,
  type FilterOptions,
  type Pattern,
  type Predicate,
} from "./routing/filter.js";
export { FilterError, type FilterErrorCode } from "./routing/filter-error.js";
export type { Router } from "./routing/router.js";
export { sagaDiagram } from "./saga/diagram.js";
export {
  CompensateError,
  type ErrorRecord,
  JournalMismatchError,
  SagaCancelledError,
  StepFailedError,
} from "./saga/errors.js";
export type { CommandEntry, EndEntry, EndState, JournalEntry } from "./saga/journal.js";
export type { SagaHistory, SagaInstance, SagaOperations, SagaQuery } from "./saga/operations.js";
export type { SagaState } from "./saga/records.js";
export type {
  Run,
  SagaContinuation,
  SagaFailure,
  StepContext,
  StepOptions,
  WaitOptions,
  Where,
} from "./saga/run.js";
export { type Saga, type SagaBody, type SagaOptions, type StartPolicy, saga } from "./saga/saga.js";
export type { EventOf } from "./schema/by-type.js";
export { type Catalog, type CatalogPart, type DefinedCatalog, defineCatalog } from "./schema/catalog.js";
export type { CompiledDefinition, LiftResult } from "./schema/compiled.js";
export {
  type AnyEventDefinition,
  defineEvent,
  type EventDefinition,
  type EventSchema,
  type SchemaSource,
} from "./schema/definition.js";
export type {
  CheckPattern,
  EventFor,
  EventTypes,
  ExtensionsOf,
  HandledTypes,
  InputOf,
  NameOrPattern,
} from "./schema/event-types.js";
export type { ExtensionTypes, NoExtensions } from "./schema/extensions.js";
export { type FromSchema, type JsonSchema, type TypedSchema, typed } from "./schema/json-schema.js";
export type { Upcast } from "./schema/upcasts.js";
export type { Issue, ValidationResult, Validator } from "./schema/validation.js";
export type {
  Outbox,
  OutboxBacklog,
  OutboxRow,
  RefusedRow,
  Store,
  StoreCapabilities,
  Transaction,
  TransactionOptions,
} from "./store/contract.js";
export type {
  Checkpoint,
  DocumentChange,
  Documents,
  ListOptions,
  StoreDocuments,
  StoredDocument,
  TransactionDocuments,
} from "./store/documents.js";
export type { MemoryDatabase } from "./store/memory/database.js";
export { memoryDatabase } from "./store/memory/database.js";
export { type MemoryStoreOptions, memoryStore } from "./store/memory/memory-store.js";
export type { MemoryRows } from "./store/memory/transaction.js";
export type {
  Appended,
  ExpectedVersion,
  LogEvent,
  LogPage,
  LogQuery,
  ReadAllOptions,
  ReadStreamOptions,
  StreamEvent,
  Streams,
} from "./store/streams.js";
export type { Duration } from "./util/duration.js";
export { type Logger, silentLogger } from "./util/logger.js";
