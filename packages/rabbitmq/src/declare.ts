/** Makes what a topology plans, or only looks whether it is there. What differs is named (B18). */
import { MeshError } from "@meshwright/core/adapter";
import type { Channel } from "amqplib";
import {
  brokerError,
  formatDiffers,
  partitionsDiffer,
  type Right,
  replyCode,
  topologyDiffers,
} from "./errors.js";
import type { Link } from "./link.js";
import { formatName } from "./names.js";
import type { QueuePlan, Topology } from "./topology.js";

export type DeclareMode = "declare" | "check";

/** A quorum queue takes its time to be made. */
const sideBySide = 4;

export async function apply(link: Link, plan: Topology, mode: DeclareMode): Promise<void> {
  if (plan.exchanges.length > 0) await link.once((channel) => exchanges(channel, plan, mode));
  const parts = Array.from({ length: Math.min(sideBySide, plan.queues.length) }, (_, part) =>
    plan.queues.filter((_one, at) => at % sideBySide === part),
  );
  await Promise.all(parts.map((part) => link.once((channel) => queues(channel, part, mode))));
  if (plan.bindings.length === 0 || mode === "check") return;
  await naming("a binding", "read or write", () => link.once((channel) => bind(channel, plan)));
}

async function exchanges(channel: Channel, plan: Topology, mode: DeclareMode): Promise<void> {
  for (const { name, type, arguments: given } of plan.exchanges) {
    await naming(`exchange "${name}"`, rightFor(given), async () => {
      if (mode === "check") await channel.checkExchange(name);
      else await channel.assertExchange(name, type, { durable: true, arguments: given });
    });
  }
}

async function queues(channel: Channel, plans: readonly QueuePlan[], mode: DeclareMode): Promise<void> {
  for (const { name, arguments: given } of plans) {
    await naming(`queue "${name}"`, rightFor(given), async () => {
      if (mode === "check") await channel.checkQueue(name);
      else await channel.assertQueue(name, { durable: true, arguments: given });
    });
  }
}

async function naming(what: string, right: Right, declare: () => Promise<unknown>): Promise<void> {
  try {
    await declare();
  } catch (error) {
    if (replyCode(error) !== 406) throw brokerError(error, `declaring ${what}`, right);
    if (what === `exchange "${formatName}"`) throw formatDiffers();
    throw topologyDiffers(what, error);
  }
}

/** What forwards to something takes more. */
function rightFor(given: Readonly<Record<string, unknown>>): Right {
  const forwards = "alternate-exchange" in given || "x-dead-letter-exchange" in given;
  return forwards ? "configure, read or write" : "configure";
}

async function bind(channel: Channel, { bindings }: Topology): Promise<void> {
  for (const { queue, to, exchange, key } of bindings) {
    if (to === "exchange") await channel.bindExchange(queue, exchange, key);
    else await channel.bindQueue(queue, exchange, key);
  }
}

/** A channel's part, whose partitions may differ. */
export async function applyChannel(
  link: Link,
  plan: Topology,
  { mode, channel, partitions }: { mode: DeclareMode; channel: string; partitions: number },
): Promise<void> {
  try {
    await apply(link, plan, mode);
  } catch (error) {
    if (isMismatch(error) && /partitions=/.test(error.message)) {
      throw partitionsDiffer(channel, partitions, error);
    }
    throw error;
  }
}

export function isMismatch(error: unknown): error is MeshError {
  return error instanceof MeshError && error.code === "BROKER_TOPOLOGY_MISMATCH";
}

/** Whether an exchange is there. */
export async function exchangeExists(link: Link, name: string): Promise<boolean> {
  return link.once((channel) =>
    channel.checkExchange(name).then(
      () => true,
      (error: unknown) => {
        if (replyCode(error) === 404) return false;
        throw brokerError(error, `looking for exchange "${name}"`);
      },
    ),
  );
}
