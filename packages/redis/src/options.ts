import { type Duration, durationMs, optionChecks } from "@meshwright/core/adapter";
import type { Cluster, ClusterNode, ClusterOptions, Redis, RedisOptions } from "ioredis";

const { count, invalid, positive } = optionChecks("redisBroker", "REDIS_OPTIONS_INVALID");

/** How much of a channel is kept. What a group has not settled is kept in any case, unless `hardLimit` says otherwise. */
export interface RetentionOptions {
  /** Settled messages older than this may go. Default "7d". */
  readonly maxAge?: Duration;
  /** Settled messages beyond about the newest so many of a channel may go. Default: no limit. */
  readonly maxMessages?: number;
  /** Messages beyond about so many go even if a group has not settled them; that group is told of the gap (B17). Default: none. */
  readonly hardLimit?: { readonly maxMessages: number };
  /** How often a process looks for what may go, in the channels it uses. Default "1m". */
  readonly interval?: Duration;
}

/** Options of `redisBroker`. Exactly one of `url`, `cluster` and `client` is given, or `connection` alone or with `url`. */
export interface RedisBrokerOptions {
  /** "redis://user:password@host:6379/0", or "rediss://…" for TLS. */
  readonly url?: string;
  /** Options of ioredis: TLS, Sentinel (`sentinels` and `name`), certificates. What `url` says goes first. */
  readonly connection?: RedisOptions;
  /** A Redis Cluster: some of its nodes, and options of ioredis. */
  readonly cluster?: { readonly nodes: readonly ClusterNode[]; readonly options?: ClusterOptions };
  /** A client of ioredis. Connections of our own are opened with its settings; it is neither used nor closed. */
  readonly client?: Redis | Cluster;
  /**
   * How many streams a channel has: how many members of a group with ordered keys can share it. Fixed once the channel
   * exists, the same for all who use it. Default 8.
   */
  readonly partitions?: number;
  /**
   * What a process held that died is with others within this time. Renewed while a handler runs; a process that is
   * silent for two thirds of it, such as by a blocked thread, loses what it holds. Default "10s".
   */
  readonly lease?: Duration;
  /** How long a connection may leave a command unanswered before it is dropped and opened anew. Default "5s". */
  readonly timeout?: Duration;
  /**
   * `publish` resolves only once so many replicas have confirmed too, within `timeout`. Not with `cluster`: set
   * `min-replicas-to-write` on its nodes. Default 0.
   */
  readonly minReplicas?: number;
  readonly retention?: RetentionOptions;
}

export interface Settings {
  readonly target: Target;
  readonly partitions: number;
  readonly leaseMs: number;
  readonly timeoutMs: number;
  readonly minReplicas: number;
  readonly retention: RetentionSettings;
}

/** What to connect to. */
export type Target =
  | { readonly kind: "server"; readonly url: string | undefined; readonly options: RedisOptions }
  | { readonly kind: "cluster"; readonly nodes: readonly ClusterNode[]; readonly options: ClusterOptions }
  | { readonly kind: "client"; readonly client: Redis | Cluster };

export interface RetentionSettings {
  readonly maxAgeMs: number;
  readonly maxMessages: number | undefined;
  readonly hardLimit: number | undefined;
  readonly intervalMs: number;
}

/** Checks the options and fills in the defaults. */
export function settingsFrom(options: RedisBrokerOptions): Settings {
  const target = targetFrom(options);
  const minReplicas = options.minReplicas ?? 0;
  if (!Number.isInteger(minReplicas) || minReplicas < 0) {
    throw invalid("`minReplicas` must be a whole number from 0");
  }
  if (minReplicas > 0 && isCluster(target)) {
    throw invalid(
      "`minReplicas` works with one server or Sentinel. In a cluster, set `min-replicas-to-write` on the nodes",
    );
  }
  return {
    target,
    partitions: count(options.partitions, "partitions") ?? 8,
    leaseMs: positive(options.lease ?? "10s", "lease"),
    timeoutMs: positive(options.timeout ?? "5s", "timeout"),
    minReplicas,
    retention: retentionFrom(options.retention ?? {}),
  };
}

export function isCluster(target: Target): boolean {
  return target.kind === "cluster" || (target.kind === "client" && target.client.isCluster);
}

function targetFrom({ url, connection, cluster, client }: RedisBrokerOptions): Target {
  const given = [url ?? connection, cluster, client].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw invalid("give either `url` or `connection` (one server, or Sentinel), or `cluster`, or `client`");
  }
  const prefix = connection?.keyPrefix ?? cluster?.options?.keyPrefix ?? client?.options.keyPrefix;
  if (prefix) throw invalid("`keyPrefix` is not supported. The mesh's `namespace` keeps things apart");
  if (client) return { kind: "client", client };
  if (cluster) return { kind: "cluster", nodes: cluster.nodes, options: cluster.options ?? {} };
  if (url !== undefined && !URL.canParse(url)) {
    throw invalid('`url` is no URL. Write it like "redis://localhost:6379"');
  }
  return { kind: "server", url, options: connection ?? {} };
}

function retentionFrom(options: RetentionOptions): RetentionSettings {
  return {
    maxAgeMs: durationMs(options.maxAge ?? "7d", "retention.maxAge"),
    maxMessages: count(options.maxMessages, "retention.maxMessages"),
    hardLimit: count(options.hardLimit?.maxMessages, "retention.hardLimit.maxMessages"),
    intervalMs: positive(options.interval ?? "1m", "retention.interval"),
  };
}
