import { type Duration, durationMs, optionChecks } from "@meshwright/core/adapter";
import type { ChannelModel, Options } from "amqplib";

const { count, invalid, positive } = optionChecks("rabbitBroker", "RABBITMQ_OPTIONS_INVALID");

/** How much of a channel's log is kept. What a group has not settled is in its own queues and stays in any case. */
export interface RetentionOptions {
  /** Segments of the log that are older than this may go. Default "7d". */
  readonly maxAge?: Duration;
  /** The oldest segments go when the log has more bytes than this. Default: no limit. */
  readonly maxBytes?: number;
  /** The log goes segment by segment; this is how large one is. Default: that of the server, 500 MB. */
  readonly segmentBytes?: number;
}

/** Options of `rabbitBroker`. Exactly one of `url`, `connection` and `connect` is given. */
export interface RabbitBrokerOptions {
  /** "amqp://user:password@host:5672/vhost", or "amqps://…" for TLS. */
  readonly url?: string;
  /** The same in parts, as amqplib takes them. `heartbeat` is set from `lease`. */
  readonly connection?: Options.Connect;
  /** Options of the sockets: certificates, `keepAlive`. */
  readonly socket?: Readonly<Record<string, unknown>>;
  /**
   * Makes connections, where neither of those will do. Called for each connection, also when one was lost. What it
   * returns is ours to close. Set its heartbeat to a third of `lease`.
   */
  readonly connect?: () => Promise<ChannelModel>;
  /**
   * How many queues an ordered group has: how many members can share it. Fixed once the channel exists, the same for
   * all who use it. Default 8.
   */
  readonly partitions?: number;
  /**
   * What a process held whose connection fell silent is with others within this time: the heartbeat is a third of it, in
   * whole seconds, and the server waits for two to three of them; so 3 seconds are the least. A process that dies is
   * noticed at once. Default "10s".
   */
  readonly lease?: Duration;
  /** How long a call waits for a connection that is not there. Default "5s". */
  readonly timeout?: Duration;
  /** How many messages may be on their way without a confirmation. Default 2,000. */
  readonly window?: number;
  /**
   * How long the server may confirm nothing of a publish, as while a queue has no majority. Then the call rejects with
   * `RABBITMQ_UNCONFIRMED`, as does all else that is under way. An alarm of memory or disk does not count. Default "30s".
   */
  readonly confirmTimeout?: Duration;
  /**
   * How many messages of a partition may be set aside: for a retry, or behind keys that wait. At the limit the partition waits.
   * Default 10,000, at most 30,000.
   */
  readonly parked?: number;
  /** "declare" makes what is missing; "check" only looks whether it is there, for users without that right. Default "declare". */
  readonly topology?: "declare" | "check";
  readonly retention?: RetentionOptions;
}

export interface Settings {
  readonly target: Target;
  readonly partitions: number;
  readonly leaseMs: number;
  readonly heartbeatSeconds: number;
  readonly timeoutMs: number;
  readonly window: number;
  readonly confirmTimeoutMs: number;
  readonly parked: number;
  readonly topology: "declare" | "check";
  readonly retention: RetentionSettings;
}

export type Target =
  | {
      readonly kind: "server";
      readonly server: string | Options.Connect;
      readonly socket: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "factory"; readonly connect: () => Promise<ChannelModel> };

export interface RetentionSettings {
  readonly maxAgeSeconds: number;
  readonly maxBytes: number | undefined;
  readonly segmentBytes: number | undefined;
}

/** Checks the options and fills in the defaults. */
export function settingsFrom(options: RabbitBrokerOptions): Settings {
  const leaseMs = positive(options.lease ?? "10s", "lease");
  const topology = options.topology ?? "declare";
  if (topology !== "declare" && topology !== "check") {
    throw invalid('`topology` must be "declare" or "check"');
  }
  return {
    target: targetFrom(options),
    partitions: count(options.partitions, "partitions") ?? 8,
    leaseMs,
    heartbeatSeconds: Math.max(1, Math.floor(leaseMs / 3_000)),
    timeoutMs: positive(options.timeout ?? "5s", "timeout"),
    window: count(options.window, "window") ?? 2_000,
    confirmTimeoutMs: positive(options.confirmTimeout ?? "30s", "confirmTimeout"),
    parked: parkedFrom(options),
    topology,
    retention: retentionFrom(options.retention ?? {}),
  };
}

/** Half of what a consumer may hold: what is set aside is written anew from time to time. */
const mostParked = 30_000;

function parkedFrom(options: RabbitBrokerOptions): number {
  const parked = count(options.parked, "parked") ?? 10_000;
  if (parked > mostParked)
    throw invalid("`parked` must be at most 30,000: a consumer of RabbitMQ holds twice that");
  return parked;
}

function targetFrom({ url, connection, connect, socket }: RabbitBrokerOptions): Target {
  const given = [url, connection, connect].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid("give one of `url`, `connection` and `connect`");
  if (connect) return { kind: "factory", connect };
  if (url !== undefined && !/^amqps?:/.test(URL.canParse(url) ? url : "")) {
    throw invalid('`url` is no URL of a RabbitMQ. Write it like "amqp://localhost:5672"');
  }
  return { kind: "server", server: url ?? connection ?? {}, socket: socket ?? {} };
}

function retentionFrom(options: RetentionOptions): RetentionSettings {
  return {
    maxAgeSeconds: Math.max(1, Math.ceil(durationMs(options.maxAge ?? "7d", "retention.maxAge") / 1_000)),
    maxBytes: count(options.maxBytes, "retention.maxBytes"),
    segmentBytes: count(options.segmentBytes, "retention.segmentBytes"),
  };
}
