/** What RabbitMQ and amqplib say, in words that say what to do. */
import { BrokerError, MeshError } from "@meshwright/core/adapter";

interface Advice {
  readonly code: string;
  readonly what: string;
  readonly retryable: boolean;
}

/** By the reply code of a channel or connection that the server closed. */
const byReply: Readonly<Record<number, Advice>> = {
  403: {
    code: "RABBITMQ_NO_PERMISSION",
    what: "this user may not do that. docs/rabbitmq.md lists the rights it needs",
    retryable: false,
  },
  404: {
    code: "RABBITMQ_MISSING",
    what: 'an exchange or queue is not there. With `topology: "check"` somebody has to make it first; else it was deleted meanwhile, and the same call makes it again',
    retryable: true,
  },
  405: {
    code: "RABBITMQ_LOCKED",
    what: "a queue is in use by another connection alone. The same call may work later",
    retryable: true,
  },
  406: {
    code: "RABBITMQ_REFUSED",
    what: "the server refuses it",
    retryable: false,
  },
  530: {
    code: "RABBITMQ_NO_PERMISSION",
    what: "the virtual host is not there, or this user may not use it. Check the path of `url`",
    retryable: false,
  },
};

const auth: Advice = {
  code: "RABBITMQ_AUTH",
  what: "the server refuses this user and password. Check them in `url` or `connection`",
  retryable: false,
};

const timeout: Advice = {
  code: "RABBITMQ_CONSUMER_TIMEOUT",
  what: "something was not settled for as long as the server allows (`consumer_timeout`), so it took back all that this member had of the queue, which others get as the next attempt. Raise it: this server is older than 3.11.15, or has a policy with a `consumer-timeout`",
  retryable: true,
};

const disconnected: Advice = {
  code: "RABBITMQ_DISCONNECTED",
  what: "the connection was lost, or is not there yet. What was under way may have been done. The same call works once it is back, which needs no help",
  retryable: true,
};

const noChannel: Advice = {
  code: "RABBITMQ_NO_CHANNEL",
  what: "the connection has no channel left. Raise `channel_max` of the server to 2,047, its default",
  retryable: true,
};

/** As RabbitMQ calls them. */
export type Right = "configure" | "write" | "read" | "read or write" | "configure, read or write";

/**
 * Whatever amqplib threw, as an error of ours. Our own errors pass through.
 *
 * @param right - what the user needs to be allowed for that; what it is about is in the server's own words
 */
export function brokerError(error: unknown, doing: string, right?: Right): MeshError {
  if (error instanceof MeshError) return error;
  const text = masked(error instanceof Error ? error.message : "nothing useful");
  const reply = replyCode(error);
  const advice = adviceFor(reply, text);
  const said = advice === disconnected ? "" : ` (it said: ${text})`;
  const needed = reply === 403 && advice !== auth && right ? ` It takes the right to ${right}.` : "";
  return new BrokerError(advice.code, `RabbitMQ: ${doing}: ${advice.what}${said}.${needed}`, {
    retryable: advice.retryable,
    cause: cause(error),
  });
}

function adviceFor(reply: number | undefined, text: string): Advice {
  if (/ACCESS.REFUSED.*(login|Login)/.test(text)) return auth;
  if (/^No channels left/.test(text)) return noChannel;
  if (reply === undefined) return disconnected;
  if (/acknowledgement.*timed out/.test(text)) return timeout;
  return byReply[reply] ?? { ...disconnected, code: "RABBITMQ_ERROR", what: "the server reported an error" };
}

export function connectionLost(error?: unknown): MeshError {
  return brokerError(new Error("the connection was closed", { cause: error }), "being connected");
}

export function unroutable(channel: string): BrokerError {
  return new BrokerError(
    "RABBITMQ_UNROUTABLE",
    `RabbitMQ: publishing to channel "${channel}": no queue takes the message: the channel's log is gone again, though it was just made. Look for who deletes queues.`,
    { retryable: true },
  );
}

export function queueGone(queue: string): BrokerError {
  return new BrokerError(
    "RABBITMQ_MISSING",
    `RabbitMQ: queue "${queue}" is gone: somebody deleted it. Nothing was settled. Subscribing makes it again.`,
    { retryable: true },
  );
}

export function isMissing(error: unknown): boolean {
  return replyCode(error) === 404 || (error instanceof MeshError && error.code === "RABBITMQ_MISSING");
}

export function notTaken(): BrokerError {
  return new BrokerError(
    "RABBITMQ_NOT_TAKEN",
    "RabbitMQ: publishing: the server did not take a message (nack). Look at its log and its disk; the same call may work later.",
    { retryable: true },
  );
}

export function unconfirmed(): BrokerError {
  return new BrokerError(
    "RABBITMQ_UNCONFIRMED",
    "RabbitMQ: publishing: the server has confirmed nothing for `confirmTimeout`. What was under way may have been done. Look for queues without a majority, and at the server's disk; the same call may work later.",
    { retryable: true },
  );
}

export function headersTooLarge(): BrokerError {
  return new BrokerError(
    "RABBITMQ_HEADERS_TOO_LARGE",
    "RabbitMQ: publishing: the headers of a message have more than 64 KiB. Send less in attributes, more in data.",
    { retryable: false, about: "message" },
  );
}

/** What exists differs from what is asked for (B18). The server says in which argument. */
export function topologyDiffers(what: string, error: unknown): BrokerError {
  const text = masked(error instanceof Error ? error.message : "");
  const found = /inequivalent arg '?([^' ]+)'? for .*?(received .*? but current is .*?)(?:"|$)/.exec(text);
  const difference = found ? `${found[1]}: ${found[2]}` : text;
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    `RabbitMQ: ${what} exists with other arguments than asked for: ${difference}. Use the same options as those who made it, or delete it.`,
    { retryable: false },
  );
}

export function partitionsDiffer(channel: string, wanted: number, error: unknown): BrokerError {
  const text = error instanceof Error ? error.message : "";
  const existing = /current is '[^']*partitions=(\d+)'/.exec(text)?.[1] ?? "another number of";
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    `Channel "${channel}" has ${existing} partitions, asked for were ${wanted}. Set \`partitions: ${existing}\`, or use another channel.`,
    { retryable: false },
  );
}

export function formatDiffers(): BrokerError {
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    "This virtual host holds data of another storage format than this version of @meshwright/rabbitmq knows. Update the package, or use another virtual host.",
    { retryable: false },
  );
}

/** The code a server gave when it closed a channel or a connection; undefined where there was no answer. */
export function replyCode(error: unknown): number | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (typeof code !== "number") return undefined;
  // 320: the server is being stopped.
  return code === 320 ? undefined : code;
}

/** Without anything that could hold a password. */
function cause(error: unknown): Error {
  const text = error instanceof Error ? error.message : String(error);
  return new Error(masked(text));
}

/** Without passwords of URLs. */
function masked(text: string): string {
  return text.replace(/(\w+:\/\/[^\s:/@]*:)[^\s@]*@/g, "$1***@").slice(0, 400);
}
