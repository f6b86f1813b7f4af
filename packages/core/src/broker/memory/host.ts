import type { BrokerReport } from "../contract.js";
import type { Alarms } from "./alarms.js";
import type { HeldDelivery, Holder } from "./delivery.js";
import type { Faults } from "./faults.js";
import type { Log } from "./log.js";

/** What a channel keeps, with its defaults filled in. */
export interface Retention {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number | undefined;
  readonly hardLimit: { readonly maxMessages: number } | undefined;
}

/** What the server is to its parts. */
export interface Host {
  readonly alarms: Alarms;
  readonly faults: Faults | undefined;
  readonly retention: Retention;
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `dispatch` soon, outside the caller's stack, once for any number of calls until then. */
  wake(work: Dispatchable): void;
}

export interface Dispatchable {
  dispatch(): void;
}

/** What a channel is to its groups. */
export interface ChannelView {
  readonly name: string;
  readonly log: Log;
  /** Removes what retention no longer keeps. */
  trim(): void;
}

/** What a member is to its group. */
export interface Taker extends Holder {
  readonly held: HeldDelivery[];
  /** How many more it may hold. */
  readonly room: number;
  /** Whether it asked for more and can take it. */
  readonly hungry: boolean;
  /** Whether it stands in the group's queue. */
  queued: boolean;
  /** The same for all members of one connection. */
  readonly report: (report: BrokerReport) => void;
  receive(batch: HeldDelivery[]): void;
}
