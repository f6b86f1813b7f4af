/** Which exchanges and queues a channel and a group are made of: plain data, to be printed, declared or checked. */
import type { SubscriptionRequest } from "@meshwright/core/adapter";
import { bindingKey, channelName, formatName, groupName, registryName } from "./names.js";
import { type RabbitBrokerOptions, type RetentionSettings, type Settings, settingsFrom } from "./options.js";

export interface Topology {
  readonly exchanges: readonly ExchangePlan[];
  readonly queues: readonly QueuePlan[];
  readonly bindings: readonly BindingPlan[];
}

export interface ExchangePlan {
  readonly name: string;
  readonly type: "topic" | "fanout" | "direct";
  readonly arguments: Readonly<Record<string, string>>;
}

export interface QueuePlan {
  readonly name: string;
  readonly arguments: Readonly<Record<string, string | number | boolean>>;
}

export interface BindingPlan {
  /** A queue, unless `to` says otherwise. */
  readonly queue: string;
  readonly to?: "exchange";
  readonly exchange: string;
  readonly key: string;
}

/** What a subscription needs to exist. */
export interface TopologyRequest {
  readonly namespace: string;
  readonly channel: string;
  /** Without a group: what publishing needs. */
  readonly group?: string;
  readonly ordering?: "key" | "none";
  readonly types?: readonly string[];
}

/**
 * The exchanges, queues and bindings that the broker would declare. Pure: it connects to nothing.
 *
 * @example console.log(topology({ url }, { namespace: "prod", channel: "delivery", group: "scan", ordering: "key" }));
 */
export function topology(options: RabbitBrokerOptions, request: TopologyRequest): Topology {
  const settings = settingsFrom(options);
  const { namespace, channel, group, ordering = "key", types } = request;
  const plans = [namespaceTopology(namespace), channelTopology(settings, namespace, channel)];
  if (group !== undefined) {
    plans.push(groupTopology(settings, namespace, { channel, group, ordering, ...(types && { types }) }));
  }
  return {
    exchanges: plans.flatMap((plan) => plan.exchanges),
    queues: plans.flatMap((plan) => plan.queues),
    bindings: plans.flatMap((plan) => plan.bindings),
  };
}

/** A number that never bites: without one, 4.x drops what was delivered 20 times. Counting attempts is the mesh's. */
const neverDrop = { "x-queue-type": "quorum", "x-delivery-limit": 2_147_483_647 } as const;
const oneReader = { ...neverDrop, "x-single-active-consumer": true } as const;

export function namespaceTopology(namespace: string): Topology {
  return {
    exchanges: [{ name: formatName, type: "direct", arguments: {} }],
    queues: [{ name: registryName(namespace), arguments: { "x-queue-type": "stream" } }],
    bindings: [],
  };
}

export function channelTopology(
  { partitions, retention }: Pick<Settings, "partitions" | "retention">,
  namespace: string,
  channel: string,
): Topology {
  const name = channelName(namespace, channel);
  // The number of partitions is part of the exchange, so that the server compares it. Nothing is ever sent there.
  const count = { "alternate-exchange": `${name}:partitions=${partitions}` };
  return {
    exchanges: [{ name, type: "topic", arguments: count }],
    queues: [
      { name: logName(name), arguments: logArguments(retention) },
      { name: laterName(name), arguments: oneReader },
    ],
    bindings: [{ queue: logName(name), exchange: name, key: "#" }],
  };
}

type GroupRequest = Pick<SubscriptionRequest, "channel" | "group" | "ordering" | "types">;

export function groupTopology(
  { partitions }: Pick<Settings, "partitions">,
  namespace: string,
  { channel, group, ordering, types = ["*"] }: GroupRequest,
): Topology {
  const exchange = channelName(namespace, channel);
  const name = groupName(namespace, channel, group);
  const queues: QueuePlan[] = [{ name: deadName(name), arguments: neverDrop }];
  const bindings: BindingPlan[] = [];
  if (ordering === "none") {
    queues.push({ name: queueName(name), arguments: neverDrop });
    bindings.push(...bindingsOf(queueName(name), exchange, "*", types));
  } else {
    for (let partition = 0; partition < partitions; partition++) {
      const main = mainName(name, partition);
      queues.push({ name: main, arguments: oneReader });
      queues.push({ name: heldName(name, partition), arguments: oneReader });
      bindings.push(...bindingsOf(main, exchange, partition, types));
    }
  }
  return { exchanges: [orderExchange(name, ordering)], queues, bindings };
}

/** The same for a group that started in the past: it has an inlet of its own. While it is made, also a stage and first queues. */
export function inletTopology(
  settings: Pick<Settings, "partitions">,
  namespace: string,
  request: GroupRequest,
  making = true,
): Topology {
  const { channel, group, ordering, types = ["*"] } = request;
  const name = groupName(namespace, channel, group);
  const direct = groupTopology(settings, namespace, request);
  const inlet = inletName(name);
  const stage = stageName(name);
  const queues = [...direct.queues];
  const bindings = bindingsOf(inlet, channelName(namespace, channel), "*", types).map(
    (one): BindingPlan => ({ ...one, to: "exchange" }),
  );
  if (ordering === "none") bindings.push({ queue: queueName(name), exchange: inlet, key: "#" });
  for (let partition = 0; ordering === "key" && partition < settings.partitions; partition++) {
    bindings.push({ queue: mainName(name, partition), exchange: inlet, key: `${partition}.#` });
    if (making) queues.push({ name: firstName(name, partition), arguments: oneReader });
  }
  if (making) {
    queues.push({ name: stage, arguments: neverDrop });
    bindings.push({ queue: stage, exchange: stage, key: "" });
  }
  const exchanges: ExchangePlan[] = [
    ...direct.exchanges,
    { name: stage, type: "fanout", arguments: {} },
    { name: inlet, type: "topic", arguments: { "alternate-exchange": stage } },
  ];
  return { exchanges, queues, bindings };
}

/** The kind of this exchange says how the group is ordered, so that the server compares it. Nothing is ever sent there. */
export function orderExchange(group: string, ordering: "key" | "none"): ExchangePlan {
  return { name: `${group}:order`, type: ordering === "key" ? "fanout" : "direct", arguments: {} };
}

/** Exists once the group has everything that its start position asks for. */
export function readyExchange(group: string): ExchangePlan {
  return { name: `${group}:ready`, type: "fanout", arguments: {} };
}

function bindingsOf(
  queue: string,
  exchange: string,
  partition: number | "*",
  types: readonly string[],
): BindingPlan[] {
  const keys = new Set(
    types.includes("*") ? [`${partition}.#`] : types.map((one) => bindingKey(partition, one)),
  );
  return [...keys].map((key) => ({ queue, exchange, key }));
}

function logArguments({ maxAgeSeconds, maxBytes, segmentBytes }: RetentionSettings): QueuePlan["arguments"] {
  return {
    "x-queue-type": "stream",
    "x-max-age": `${maxAgeSeconds}s`,
    ...(maxBytes === undefined ? {} : { "x-max-length-bytes": maxBytes }),
    ...(segmentBytes === undefined ? {} : { "x-stream-max-segment-size-bytes": segmentBytes }),
  };
}

/** The queue a delayed retry of a group without order waits in. Goes by itself when it is no longer used. */
export function delayQueue(group: string, delayMs: number): QueuePlan {
  return {
    name: `${group}:delay.${delayMs}`,
    arguments: {
      "x-queue-type": "quorum",
      "x-message-ttl": delayMs,
      "x-expires": delayMs + 3_600_000,
      "x-dead-letter-exchange": "",
      "x-dead-letter-routing-key": queueName(group),
      "x-dead-letter-strategy": "at-least-once",
      "x-overflow": "reject-publish",
    },
  };
}

export const logName = (channel: string): string => `${channel}:log`;
export const laterName = (channel: string): string => `${channel}:later`;
export const deadName = (group: string): string => `${group}:dead`;
export const queueName = (group: string): string => `${group}:queue`;
export const mainName = (group: string, partition: number): string => `${group}:main.${partition}`;
export const heldName = (group: string, partition: number): string => `${group}:held.${partition}`;
export const inletName = (group: string): string => `${group}:in`;
export const stageName = (group: string): string => `${group}:stage`;
export const firstName = (group: string, partition: number): string => `${group}:first.${partition}`;
