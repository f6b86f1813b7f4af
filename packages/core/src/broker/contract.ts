/**
 * The broker contract: four methods, a manifest, and what they promise. Everything the mesh does with a broker is
 * built on this file; an adapter is an implementation of it that `testBroker` in `@meshwright/testing` has proven.
 * This file imports nothing but plain types of the layers below.
 *
 * Words. A *channel* is a durable, ordered log of messages. A *group* is a named reader of one channel with its own
 * place in it, its own retries and its own dead letters; it exists from its first `subscribe` until somebody deletes
 * it, whether members are connected or not. A *member* is one live subscription of a group. Members share the work.
 * A *delivery* is a message handed to one member, who *holds* it until it is *settled*.
 *
 * The guarantees. Each is a file of the conformance kit.
 *
 * - **B1** `publish` resolves only once every message is stored as durably as the manifest says. Otherwise it rejects,
 *   also when the connection or the broker is lost meanwhile; then some of the messages may have been stored.
 * - **B2** A group receives every message published to its channel after the group exists; with `from: "earliest"`
 *   also every message the channel still retains.
 * - **B3** One member at a time holds a message. What a live member holds is delivered to nobody else, however long
 *   the handler takes: the adapter renews the lease by itself.
 * - **B4** When a member dies without settling, what it held is delivered to another, with `attempt` one higher,
 *   no later than one lease after the death.
 * - **B5** In a group with `ordering: "key"`, messages of one key are handed out in the order they were published and
 *   handled one after another: over members, retries, member changes and crashes. Several messages of one key may be
 *   handed to the same member at once, in order. From the call of `settle` with a `retry` or a `release` on, no later
 *   message of that key is yielded before the one given back is delivered again; the caller releases the later ones it holds
 *   in the same call. A key that waits for a retry delays no other key.
 * - **B6** A delayed retry is kept by the broker: it survives the death of the member that asked for it.
 * - **B7** `attempt` starts at 1 and counts every delivery to a member, in the broker, also those that ended in a
 *   crash. Only `release` is not counted. `lastFailure` is what the last `retry` said.
 * - **B8** The adapter never looks into a body. A stored message it cannot turn into a `WireMessage` is moved to the
 *   dead letters of the group with reason `undecodable` and its bytes kept; the subscription goes on.
 * - **B9** `redrive` hands a dead letter back to the group it failed in, to no other, with attempts starting at 1.
 *   Killed midway, every record is either still on the shelf or back in the group, or at worst both; never neither.
 * - **B10** Broker restarts, half-open connections and cut networks are survived without help: subscriptions go on,
 *   publishes reject or resolve, nothing confirmed is lost. `subscribe` iterables end only by `close`.
 * - **B11** `Subscription.close` gives back everything still held at once and uncounted, so that others receive it
 *   without waiting for a lease.
 * - **B12** A member holds at most `prefetch` messages, and the adapter buffers no more than it was asked to hold,
 *   whatever the backlog.
 * - **B13** Without faults nothing is delivered twice. After a fault only messages that were held, or whose settlement
 *   had not resolved, may be delivered again.
 * - **B14** Channels, groups and namespaces do not leak into each other, whatever characters their names have.
 * - **B15** `close` under load: every pending `publish` and `settle` settles, and every iterable ends.
 * - **B16** Every field of the message and every byte of the body comes back as it went in.
 * - **B17** Retention removes no message that an existing group has not settled, unless a hard limit is set and
 *   exceeded; then the gap is reported to the group (`BrokerContext.report`), never passed over in silence.
 * - **B18** What exists already and differs from what is asked for (a group's ordering, a newer storage format, other
 *   queue arguments) makes `open` or `subscribe` reject with a `BrokerError` that names the difference.
 */
import type { Clock } from "../clock/clock.js";
import type { Logger } from "../util/logger.js";

/**
 * A connection to a broker, for one mesh and one namespace. Opened once, closed once. Before `open` and after `close`
 * every call rejects with an error that has a code; a settlement after `close` settles nothing.
 */
export interface Broker {
  /** The adapter's name, for logs, metrics and health: "memory", "sqlite", "redis". */
  readonly name: string;
  readonly capabilities: BrokerCapabilities;
  /**
   * Set where a delivery's message is the very object that was published, in this process and never a copy of it. The
   * mesh then hands over messages whose body is written when somebody reads it.
   */
  readonly keepsMessages?: boolean;
  /** Connects. Rejects with the reason when the broker cannot be used as configured (B18). */
  open(context: BrokerContext): Promise<void>;
  /**
   * Appends messages to a channel, in order, after everything passed in earlier calls (B1).
   * The adapter may store several calls together; a call is not atomic unless the manifest says so.
   */
  publish(channel: string, messages: readonly WireMessage[]): Promise<void>;
  /** Joins a group; resolves when the group exists and this member is live (B2). */
  subscribe(request: SubscriptionRequest): Promise<Subscription>;
  /** Closes every subscription, waits for what is under way, disconnects (B15). A second call does nothing. */
  close(): Promise<void>;
}

/** What a broker can do: facts, each documented and tested. Asking for what is `false` is refused at once. */
export interface BrokerCapabilities {
  /** A confirmed message survives the end of every process, the broker's own included. */
  readonly durable: boolean;
  /** Who can share it: members of one process, of one machine, or of a network. */
  readonly reach: "process" | "machine" | "network";
  /** `ordering: "key"` groups (B5). */
  readonly keyOrder: boolean;
  /** `retry` with a delay above 0 (B6). */
  readonly delayedRetry: boolean;
  /** Messages with `deliverAt`. */
  readonly delayedPublish: boolean;
  /** `SubscriptionRequest.types` is honoured: messages of other types are not delivered. */
  readonly typeFilter: boolean;
  /** The start positions that `subscribe` takes for a new group. */
  readonly startPositions: readonly StartPositionKind[];
  /** The broker is also a `HistoryReader`. */
  readonly replay: boolean;
  /** The broker is also a `DeadLetterShelf`. */
  readonly deadLetters: boolean;
  /** The broker is also an `Inspector`. */
  readonly inspection: boolean;
  /** One `publish` call is stored whole or not at all. */
  readonly atomicBatch: boolean;
  /** The largest body in bytes it takes, or undefined where it sets no limit of its own. */
  readonly maxBodyBytes: number | undefined;
}

export type StartPositionKind = "latest" | "earliest" | "time" | "offset";

/** Where a new group, or a replay, begins. Times are milliseconds since the epoch; an offset is included. */
export type StartPosition = "latest" | "earliest" | { readonly time: number } | { readonly offset: string };

/** What the mesh gives a broker when it opens it. */
export interface BrokerContext {
  /** Isolates environments and tenants that share one broker (B14). */
  readonly namespace: string;
  /** The service that connects, for connection names and logs. */
  readonly service: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Tells the mesh what its owner must know. Never throws. */
  report(report: BrokerReport): void;
}

export type BrokerReport =
  /** The connection was lost or is back. */
  | { readonly kind: "disconnected"; readonly cause: unknown }
  | { readonly kind: "connected" }
  /** A hard retention limit removed messages a group had not settled (B17). `missed` is how many, where known. */
  | {
      readonly kind: "gap";
      readonly channel: string;
      readonly group: string;
      readonly missed: number | undefined;
    }
  /** A settlement came too late: the lease had gone to another member. Nothing was settled. */
  | {
      readonly kind: "stale-settlement";
      readonly channel: string;
      readonly group: string;
      readonly count: number;
    };

/** A message as brokers store it: addressing that brokers may use, and a body that they never look into. */
export interface WireMessage {
  /** The event's id; "" where a foreign producer set none. */
  readonly id: string;
  /** The event's type; "" where a foreign producer set none. */
  readonly type: string;
  /** The ordering key. Messages with equal keys keep their order. */
  readonly key: string;
  /** Media type of the body: `application/cloudevents+json` for structured mode, else that of the data alone. */
  readonly contentType: string;
  /** In binary mode the event's attributes as `ce-…`; else usually empty. Names are lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Text (stored as UTF-8) or bytes. A broker that stores bytes only may hand text back as bytes. */
  readonly body: string | Uint8Array;
  /**
   * Not visible to any group before this time, in milliseconds since the epoch. It takes its place in the channel then,
   * so a group that came to exist meanwhile receives it too. Need not come back on the delivered message.
   */
  readonly deliverAt?: number;
}

export interface SubscriptionRequest {
  readonly channel: string;
  readonly group: string;
  /** "key": one message of a key at a time, in order (B5). "none": as fast as members take them. */
  readonly ordering: "key" | "none";
  /** Where the group starts if it does not exist yet; else it goes on where it was. */
  readonly from: StartPosition;
  /** The most deliveries this member holds unsettled (B12). */
  readonly prefetch: number;
  /**
   * Only messages of these types, where the manifest has `typeFilter`. A `*` stands for any run of characters. What is
   * left out counts as settled for the group. Members of a group ask for the same types; while they differ, as in a
   * rolling deployment, what one of them leaves out may be passed over.
   */
  readonly types?: readonly string[];
}

/**
 * A live member of a group. Iterate it once. Nothing arrives unasked: each step asks for the next batch, and waits
 * while there is none or while the member holds `prefetch` deliveries. A batch may be empty. A failing broker makes it wait, not throw (B10).
 */
export interface Subscription extends AsyncIterable<readonly Delivery[]> {
  /**
   * Says what became of deliveries. Resolves when it is recorded; rejects when it could not be, and then may be called
   * again with the same ones. Deliveries that this member no longer holds are passed over and reported.
   */
  settle(settlements: readonly Settlement[]): Promise<void>;
  /** Ends the iteration and gives back what is held (B11). A second call does nothing. */
  close(): Promise<void>;
}

/** A message handed to one member. Settle it with this very object. */
export interface Delivery {
  readonly message: WireMessage;
  /** 1 for the first delivery to the group; counted by the broker (B7). */
  readonly attempt: number;
  /** Its place in the channel, for `from` and `replay`. Opaque, but stable. */
  readonly offset: string;
  /** When the broker took it, in milliseconds since the epoch. */
  readonly storedAt: number;
  /** What the last `retry` said, if there was one. */
  readonly lastFailure?: Failure;
}

export type Settlement =
  /** Handled: never again for this group. */
  | { readonly delivery: Delivery; readonly outcome: "ack" }
  /** Again after `delayMs`, counted; later messages of its key wait (B5, B6). */
  | {
      readonly delivery: Delivery;
      readonly outcome: "retry";
      readonly delayMs: number;
      readonly failure: Failure;
    }
  /** Not begun: give it back now, uncounted (B11). */
  | { readonly delivery: Delivery; readonly outcome: "release" }
  /** Onto the group's shelf; later messages of its key go on. */
  | { readonly delivery: Delivery; readonly outcome: "deadLetter"; readonly failure: Failure };

/** Why a delivery failed. Kept with retries and dead letters; carries no payload. */
export interface Failure {
  readonly reason: FailureReason;
  /** The error's `code` where it has one. */
  readonly code: string;
  readonly message: string;
}

export type FailureReason =
  /** The bytes are no event. */
  | "undecodable"
  /** The data does not fit the schema. */
  | "invalid"
  /** The catalog has no such type. */
  | "unknown-type"
  /** `expirytime` had passed. */
  | "expired"
  /** The handler threw `TerminalError`. */
  | "terminal"
  /** The handler failed, or ran out of time. */
  | "failed"
  /** The attempts ran out, by failures or by crashes. */
  | "exhausted";

/** Reads what a channel retains, without touching any group. Found by `capabilities.replay`. */
export interface HistoryReader {
  /** From `from` (included) up to `to` (excluded), or to what is stored at the time of the call. */
  history(request: HistoryRequest): AsyncIterable<readonly HistoryEntry[]>;
}

export interface HistoryRequest {
  readonly channel: string;
  readonly from: Exclude<StartPosition, "latest">;
  readonly to?: { readonly time: number } | { readonly offset: string };
}

export interface HistoryEntry {
  readonly message: WireMessage;
  readonly offset: string;
  readonly storedAt: number;
}

/** The dead letters of the groups. Found by `capabilities.deadLetters`. */
export interface DeadLetterShelf {
  /** Oldest first, of one group in every channel. */
  deadLetters(request: { readonly group: string }): AsyncIterable<readonly DeadLetterRecord[]>;
  /** Hands these back to the group, in the order given (B9). Unknown ids are passed over. Returns how many. */
  redrive(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number>;
  /** Removes these for good. Returns how many. */
  purge(request: { readonly group: string; readonly ids: readonly string[] }): Promise<number>;
}

export interface DeadLetterRecord {
  /** Names the record on its group's shelf. */
  readonly id: string;
  readonly channel: string;
  readonly group: string;
  /** As it was published, byte for byte. */
  readonly message: WireMessage;
  readonly offset: string;
  readonly attempts: number;
  readonly failure: Failure;
  /** First delivery to the group and the moment it was given up, in milliseconds since the epoch. */
  readonly firstAt: number;
  readonly lastAt: number;
}

/** What a group has before it. Found by `capabilities.inspection`. */
export interface Inspector {
  inspect(): Promise<readonly GroupReport[]>;
}

export interface GroupReport {
  readonly channel: string;
  readonly group: string;
  /** Stored and not settled, whatever their state; at least an upper bound. */
  readonly lag: number;
  /** Held by members. */
  readonly inFlight: number;
  /** Waiting for a delayed retry. */
  readonly delayed: number;
  readonly deadLetters: number;
  /** `storedAt` of the oldest message not settled. */
  readonly oldestUnsettledAt: number | undefined;
}

/** Whether the broker can replay, and if so, as what. */
export function isHistoryReader(broker: Broker): broker is Broker & HistoryReader {
  return broker.capabilities.replay;
}

export function isDeadLetterShelf(broker: Broker): broker is Broker & DeadLetterShelf {
  return broker.capabilities.deadLetters;
}

export function isInspector(broker: Broker): broker is Broker & Inspector {
  return broker.capabilities.inspection;
}
