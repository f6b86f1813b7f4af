/** What Redis and ioredis say, in words that say what to do. */
import { BrokerError, MeshError } from "@meshwright/core/adapter";

interface Advice {
  readonly code: string;
  readonly what: string;
  readonly retryable: boolean;
}

/** By the first word of an error reply. */
const byReply: Readonly<Record<string, Advice>> = {
  OOM: {
    code: "REDIS_OUT_OF_MEMORY",
    what: "the server has reached `maxmemory` and takes no more data. Nothing of this call was stored. Raise the limit, or let retention keep less",
    retryable: true,
  },
  READONLY: {
    code: "REDIS_READONLY",
    what: "this server is a read-only replica. Connect to the primary, or through Sentinel; after a failover it goes on by itself",
    retryable: true,
  },
  NOAUTH: {
    code: "REDIS_AUTH",
    what: "the server wants a password. Give it in `url` or `connection`",
    retryable: false,
  },
  WRONGPASS: {
    code: "REDIS_AUTH",
    what: "the server refuses this user and password. Check them in `url` or `connection`",
    retryable: false,
  },
  NOPERM: {
    code: "REDIS_NO_PERMISSION",
    what: "this user may not do that. docs/redis.md lists the commands and keys it needs",
    retryable: false,
  },
  LOADING: {
    code: "REDIS_LOADING",
    what: "the server is loading its data. The same call works once it has",
    retryable: true,
  },
  MASTERDOWN: {
    code: "REDIS_UNAVAILABLE",
    what: "the primary is down. The same call works after the failover",
    retryable: true,
  },
  CLUSTERDOWN: {
    code: "REDIS_UNAVAILABLE",
    what: "the cluster is down: some slots have no node. Look at `cluster info`",
    retryable: true,
  },
  MISCONF: {
    code: "REDIS_NOT_PERSISTING",
    what: "the server cannot write to its disk and refuses new data. Look at its log and its disk",
    retryable: true,
  },
  NOREPLICAS: {
    code: "REDIS_TOO_FEW_REPLICAS",
    what: "the server has fewer good replicas than `min-replicas-to-write`. Look at the replicas",
    retryable: true,
  },
  BUSY: {
    code: "REDIS_BUSY",
    what: "the server is busy with somebody's script. The same call may work later",
    retryable: true,
  },
  WRONGTYPE: {
    code: "REDIS_FOREIGN_DATA",
    what: "a key of ours holds something else. Another program uses keys that begin with `mw:`; give it another database",
    retryable: false,
  },
};

const disconnected: Advice = {
  code: "REDIS_DISCONNECTED",
  what: "the connection was lost, or is not there yet. What was under way may have been done. The same call works once it is back, which needs no help",
  retryable: true,
};

/** Whatever ioredis threw, as an error of ours. Our own errors pass through. */
export function brokerError(error: unknown, doing: string): MeshError {
  if (error instanceof MeshError) return error;
  const text = error instanceof Error ? error.message : "nothing useful";
  const known = byReply[replyWord(text)] ?? (isReply(error) ? undefined : disconnected);
  const { code, what, retryable } = known ?? {
    code: "REDIS_ERROR",
    what: `Redis said: ${masked(text)}`,
    retryable: false,
  };
  // It names the command or the key.
  const said = known === byReply.NOPERM ? ` (it said: ${masked(text)})` : "";
  return new BrokerError(code, `Redis: ${doing}: ${what}${said}.`, { retryable, cause: error });
}

export function connectionLost(): MeshError {
  return brokerError(new Error("the connection was closed"), "being connected");
}

/** A member's Redis group is gone: its partition moved, or the data is lost. */
export function isNoGroup(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOGROUP");
}

export function tooFewReplicas(wanted: number, confirmed: number): BrokerError {
  return new BrokerError(
    "REDIS_TOO_FEW_REPLICAS",
    `Redis: publishing: ${confirmed} of ${wanted} replicas confirmed in time. The messages are on the primary and may be delivered. Look at the replicas, or lower \`minReplicas\`.`,
    { retryable: true },
  );
}

export function partitionsDiffer(channel: string, existing: number | string, wanted: number): BrokerError {
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    `Channel "${channel}" has ${existing} partitions, asked for were ${wanted}. Set \`partitions: ${existing}\`, or use another channel.`,
    { retryable: false },
  );
}

export function formatDiffers(existing: string, ours: number): BrokerError {
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    `This database holds data of storage format ${existing.slice(0, 20)}, this version of @meshwright/redis knows format ${ours}. Update the package, or use another database.`,
    { retryable: false },
  );
}

export function versionTooOld(version: string): BrokerError {
  return new BrokerError(
    "REDIS_VERSION",
    `Redis ${version} is too old: 6.2 or newer is needed. Update the server.`,
    { retryable: false },
  );
}

/** The word an error reply begins with. Inside scripts it may stand behind other text. */
function replyWord(text: string): string {
  const first = /^-?([A-Z]+)\b/.exec(text)?.[1] ?? "";
  if (first in byReply) return first;
  const inside = /-(OOM|READONLY|NOPERM|MISCONF|NOREPLICAS|WRONGTYPE)\b|\b(OOM) command not allowed/.exec(
    text,
  );
  return inside?.[1] ?? inside?.[2] ?? first;
}

function isReply(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

/** Without passwords of URLs. */
function masked(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*:)[^\s@]*@/g, "$1***@").slice(0, 300);
}
