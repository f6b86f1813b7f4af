/** What both kinds of members are given. */
import type { BrokerReport, Clock, Logger, SubscriptionRequest } from "@meshwright/core/adapter";
import type { Link } from "./link.js";
import type { Settings } from "./options.js";
import type { Publisher } from "./publisher.js";
import type { ShelfPlace } from "./records.js";

export interface MemberParts {
  readonly settings: Settings;
  readonly request: SubscriptionRequest;
  /** The group's name in the server. */
  readonly name: string;
  readonly shelf: ShelfPlace;
  readonly link: Link;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly wanted: ((type: string) => boolean) | undefined;
  /** The group started in the past: a partition may have a first queue, to be read before the main one. */
  readonly past: boolean;
  /** Makes again what somebody deleted, and says so: what was in it is lost. */
  restore(): Promise<void>;
  report(report: BrokerReport): void;
  /** Whether the server takes no messages for now. */
  blocked(): boolean;
  /** Waits for something, but not for long: a server that does not read never answers. */
  patiently(work: Promise<unknown>): Promise<void>;
  /** Waits before the next try. */
  pause(ms: number): Promise<void>;
  /** Ends a pause. */
  stop(): void;
  /** Called once, when it is closed. */
  closed(): void;
}
