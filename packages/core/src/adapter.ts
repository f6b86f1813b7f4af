/**
 * The door for adapters: the broker contract and the few tools that every adapter needs. Applications import
 * `@meshwright/core` instead.
 */
export { type BatchSource, batchesOf } from "./broker/batches.js";
export type {
  Broker,
  BrokerCapabilities,
  BrokerContext,
  BrokerReport,
  DeadLetterRecord,
  DeadLetterShelf,
  Delivery,
  Failure,
  FailureReason,
  GroupReport,
  HistoryEntry,
  HistoryReader,
  HistoryRequest,
  Inspector,
  Settlement,
  StartPosition,
  StartPositionKind,
  Subscription,
  SubscriptionRequest,
  WireMessage,
} from "./broker/contract.js";
export { isDeadLetterShelf, isHistoryReader, isInspector } from "./broker/contract.js";
export { type OptionChecks, optionChecks } from "./broker/option-checks.js";
export { partitionOf } from "./broker/partition.js";
export { type Refusals, refusals } from "./broker/refusals.js";
export { typeFilter } from "./broker/type-filter.js";
export type { Cancel, Clock } from "./clock/clock.js";
export { systemClock } from "./clock/clock.js";
export { BrokerError, ConfigurationError, MeshError, StoreError } from "./errors/errors.js";
export { replayJournal } from "./saga/replay.js";
export { backlogOf, mostCounted } from "./store/backlog.js";
export type {
  BatchOutcome,
  Claim,
  Outbox,
  OutboxBacklog,
  OutboxBatch,
  OutboxRow,
  Refusal,
  RefusedRow,
  Store,
  StoreCapabilities,
  StoreContext,
  Transaction,
  TransactionOptions,
  WaitingRow,
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
export type {
  LogAccess,
  LogRow,
  LogRows,
  NewStreamRow,
  StreamAppend,
  StreamFound,
  StreamLog,
  StreamRead,
  StreamRow,
  StreamWritten,
} from "./store/log.js";
export { isConflict, Nesting, withRetries } from "./store/nesting.js";
export { type StoreRefusals, storeRefusals } from "./store/refusals.js";
export type { PageOptions, Streams } from "./store/streams.js";
export { streamsOn } from "./store/streams-on-log.js";
export { UnderWay } from "./store/under-way.js";
export { type Duration, durationMs } from "./util/duration.js";
export { type Logger, silentLogger } from "./util/logger.js";
export { Signal } from "./util/signal.js";
