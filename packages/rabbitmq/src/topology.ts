/** Which exchanges and queues a channel and a group are made of: plain data, to be printed, declared or checked. */
import type { SubscriptionRequest } from "@meshwright/core/adapter";
import { bindingKey, channelName, deadName, formatName, groupName, isWhole } from "./names.js";
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
  const plans = [formatTopology, channelTopology(settings, namespace, channel)];
  if (group !== undefined) {
    plans.push(groupTopology(settings, namespace, { channel, group, ordering, ...(types && { types }) }));
  }
  return {
    exchanges: plans.flatMap((plan) => plan.exchanges),
    queues: plans.flatMap((plan) => plan.queues),
    bindings: plans.flatMap((plan) => plan.bindings),
  };
}

/**
 * Numbers that never bite. Without a limit, 4.x drops what was delivered 20 times; counting attempts is the mesh's. Without a
 * timeout (of 24 days here; 3.11.15 and newer know it), what a slow handler has is given to another after half an hour.
 */
const neverDrop = {
  "x-queue-type": "quorum",
  "x-delivery-limit": 2_147_483_647,
  "x-consumer-timeout": 2_147_483_647,
} as const;
const oneReader = { ...neverDrop, "x-single-active-consumer": true } as const;

export const formatTopology: Topology = {
  exchanges: [{ name: formatName, type: "direct", arguments: {} }],
  queues: [],
  bindings: [],
};

/**
 * What is published goes straight to the log, and to the fanout of its partition, the cheapest way to route. Others may publish to
 * the channel's topic exchange, which leads to both.
 */
export function channelTopology(
  { partitions, retention }: Pick<Settings, "partitions" | "retention">,
  namespace: string,
  channel: string,
): Topology {
  const name = channelName(namespace, channel);
  // The number of partitions is part of the exchange, so that the server compares it. Nothing is ever sent there.
  const count = { "alternate-exchange": `${name}:partitions=${partitions}` };
  const fanouts = eachOf(partitions).map((partition) => fanoutName(name, partition));
  return {
    exchanges: [
      { name, type: "topic", arguments: count },
      ...fanouts.map((fanout): ExchangePlan => ({ name: fanout, type: "fanout", arguments: {} })),
    ],
    queues: [
      { name: logName(name), arguments: logArguments(retention) },
      { name: laterName(name), arguments: oneReader },
    ],
    bindings: fanouts.flatMap((fanout, partition): BindingPlan[] => [
      { queue: logName(name), exchange: name, key: `${partition}.#` },
      { queue: fanout, to: "exchange", exchange: name, key: `${partition}.#` },
    ]),
  };
}

type GroupRequest = Pick<SubscriptionRequest, "channel" | "group" | "ordering" | "types">;

export function groupTopology(
  { partitions }: Pick<Settings, "partitions">,
  namespace: string,
  request: GroupRequest,
): Topology {
  const { channel, group, ordering, types } = request;
  const name = groupName(namespace, channel, group);
  const filter = filterTopology(channelName(namespace, channel), partitions, types);
  const bindings = eachOf(partitions).flatMap((partition) =>
    filter.to(ordering === "none" ? queueName(name) : mainName(name, partition), partition),
  );
  return {
    exchanges: [orderExchange(name, ordering), ...filter.exchanges],
    queues: [
      { name: deadName(namespace, group), arguments: neverDrop },
      ...groupQueues(name, ordering, partitions),
    ],
    bindings: [...filter.bindings, ...bindings],
  };
}

/** What a group that starts in the past has while it is made: inlets of its own, a stage, and queues for history. */
export function inletTopology(
  { partitions }: Pick<Settings, "partitions">,
  namespace: string,
  request: GroupRequest,
): Topology {
  const { channel, group, ordering, types } = request;
  const name = groupName(namespace, channel, group);
  const filter = filterTopology(channelName(namespace, channel), partitions, types);
  const stage = stageName(name);
  const inlets = eachOf(partitions).map((partition) => inletName(name, partition));
  const firsts = ordering === "key" ? eachOf(partitions).map((partition) => firstName(name, partition)) : [];
  const bindings = inlets.flatMap((inlet, partition): BindingPlan[] => [
    ...filter.to(inlet, partition).map((one): BindingPlan => ({ ...one, to: "exchange" })),
    { queue: ordering === "none" ? queueName(name) : mainName(name, partition), exchange: inlet, key: "" },
  ]);
  return {
    exchanges: [
      orderExchange(name, ordering),
      ...filter.exchanges,
      { name: stage, type: "fanout", arguments: {} },
      ...inlets.map(
        (inlet): ExchangePlan => ({
          name: inlet,
          type: "fanout",
          arguments: { "alternate-exchange": stage },
        }),
      ),
    ],
    queues: [
      ...groupQueues(name, ordering, partitions),
      { name: stage, arguments: neverDrop },
      ...firsts.map((first): QueuePlan => ({ name: first, arguments: oneReader })),
    ],
    bindings: [...filter.bindings, ...bindings, { queue: stage, exchange: stage, key: "" }],
  };
}

/** Without that of its dead letters, which other channels have a share in. */
function groupQueues(name: string, ordering: "key" | "none", partitions: number): QueuePlan[] {
  if (ordering === "none") {
    return [
      { name: queueName(name), arguments: neverDrop },
      ...delayNames(name).map((delay): QueuePlan => ({ name: delay, arguments: oneReader })),
    ];
  }
  return eachOf(partitions).flatMap((partition): QueuePlan[] => [
    { name: mainName(name, partition), arguments: oneReader },
    { name: heldName(name, partition), arguments: oneReader },
  ]);
}

/** Where to bind for some types, and what that needs: exchanges of the channel that are linked to its fanouts on first use. */
interface FilterTopology {
  readonly exchanges: readonly ExchangePlan[];
  readonly bindings: readonly BindingPlan[];
  /** Binds a queue or an exchange to what it is to get of a partition. */
  to(queue: string, partition: number): BindingPlan[];
}

function filterTopology(
  channel: string,
  partitions: number,
  types: readonly string[] = ["*"],
): FilterTopology {
  if (types.includes("*")) {
    const to = (queue: string, partition: number): BindingPlan[] => [
      { queue, exchange: fanoutName(channel, partition), key: "" },
    ];
    return { exchanges: [], bindings: [], to };
  }
  const exchangeOf = (type: string): ExchangePlan =>
    isWhole(type)
      ? { name: exactName(channel), type: "direct", arguments: {} }
      : { name: typesName(channel), type: "topic", arguments: {} };
  const exchanges = [...new Map(types.map((type) => [exchangeOf(type).name, exchangeOf(type)])).values()];
  return {
    exchanges,
    bindings: exchanges.flatMap(({ name }) =>
      eachOf(partitions).map(
        (partition): BindingPlan => ({
          queue: name,
          to: "exchange",
          exchange: fanoutName(channel, partition),
          key: "",
        }),
      ),
    ),
    to: (queue, partition) => {
      const bindings = types.map((type): readonly [string, string] => [
        exchangeOf(type).name,
        bindingKey(partition, type),
      ]);
      return [...new Map(bindings.map((one) => [one.join(" "), one])).values()].map(([exchange, key]) => ({
        queue,
        exchange,
        key,
      }));
    },
  };
}

const eachOf = (partitions: number): number[] => Array.from({ length: partitions }, (_, index) => index);

/** The kind of this exchange says how the group is ordered, so that the server compares it. Nothing is ever sent there. */
export function orderExchange(group: string, ordering: "key" | "none"): ExchangePlan {
  return { name: `${group}:order`, type: ordering === "key" ? "fanout" : "direct", arguments: {} };
}

/** Exists once the group has everything that its start position asks for. */
export function readyExchange(group: string): ExchangePlan {
  return { name: `${group}:ready`, type: "fanout", arguments: {} };
}

/** Exists where the group started in the past: its partitions may have a first queue. */
export function pastExchange(group: string): ExchangePlan {
  return { name: `${group}:past`, type: "fanout", arguments: {} };
}

function logArguments({ maxAgeSeconds, maxBytes, segmentBytes }: RetentionSettings): QueuePlan["arguments"] {
  return {
    "x-queue-type": "stream",
    "x-max-age": `${maxAgeSeconds}s`,
    ...(maxBytes === undefined ? {} : { "x-max-length-bytes": maxBytes }),
    ...(segmentBytes === undefined ? {} : { "x-stream-max-segment-size-bytes": segmentBytes }),
  };
}

/** The queues that delayed retries of a group without order wait in: those of up to a minute are not behind those of hours. */
export const delayNames = (group: string): readonly [short: string, long: string] => [
  `${group}:delay.short`,
  `${group}:delay.long`,
];
/** Where what belongs to a partition is published. */
export const fanoutName = (channel: string, partition: number): string => `${channel}:${partition}`;
/** For groups that want some types: these by their names, and by patterns. */
export const exactName = (channel: string): string => `${channel}:exact`;
export const typesName = (channel: string): string => `${channel}:types`;
export const logName = (channel: string): string => `${channel}:log`;
export const laterName = (channel: string): string => `${channel}:later`;
export const queueName = (group: string): string => `${group}:queue`;
export const mainName = (group: string, partition: number): string => `${group}:main.${partition}`;
export const heldName = (group: string, partition: number): string => `${group}:held.${partition}`;
const inletName = (group: string, partition: number): string => `${group}:in.${partition}`;
export const stageName = (group: string): string => `${group}:stage`;
export const firstName = (group: string, partition: number): string => `${group}:first.${partition}`;
