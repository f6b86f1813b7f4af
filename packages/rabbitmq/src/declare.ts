/** Makes what a topology plans, or only looks whether it is there. What differs is named (B18). */
import type { Channel } from "amqplib";
import { brokerError, formatDiffers, partitionsDiffer, replyCode, topologyDiffers } from "./errors.js";
import type { Link } from "./link.js";
import { formatName } from "./names.js";
import type { Topology } from "./topology.js";

export type DeclareMode = "declare" | "check";

export async function apply(link: Link, plan: Topology, mode: DeclareMode): Promise<void> {
  let what = "";
  try {
    await link.once(async (channel) => {
      for (const exchange of plan.exchanges) {
        what = `exchange "${exchange.name}"`;
        if (mode === "check") await channel.checkExchange(exchange.name);
        else
          await channel.assertExchange(exchange.name, exchange.type, {
            durable: true,
            arguments: exchange.arguments,
          });
      }
      for (const queue of plan.queues) {
        what = `queue "${queue.name}"`;
        if (mode === "check") await channel.checkQueue(queue.name);
        else await channel.assertQueue(queue.name, { durable: true, arguments: queue.arguments });
      }
      what = "a binding";
      if (mode === "declare") await bind(channel, plan);
    });
  } catch (error) {
    if (replyCode(error) !== 406) throw brokerError(error, what === "" ? "connecting" : `declaring ${what}`);
    if (what === `exchange "${formatName}"`) throw formatDiffers();
    throw topologyDiffers(what, error);
  }
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
    if (error instanceof Error && /partitions=/.test(error.message)) {
      throw partitionsDiffer(channel, partitions, error);
    }
    throw error;
  }
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
