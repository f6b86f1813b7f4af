/** Makes groups: once each, with a lock, and only ready when everything its start position asks for is there. */

import type { SubscriptionRequest } from "@meshwright/core/adapter";
import { refusals } from "@meshwright/core/adapter";
import { apply, exchangeExists, isMismatch } from "./declare.js";
import { initialise } from "./initialise.js";
import { batonNote } from "./journal.js";
import { locked } from "./locks.js";
import { groupName } from "./names.js";
import { checkedOffset } from "./offsets.js";
import type { SessionParts } from "./parts.js";
import { groupTopology, heldName, orderExchange, pastExchange, readyExchange } from "./topology.js";

/** Makes the group, or finds that it is as asked for. Throws when it differs (B18). Returns whether it started in the past. */
export async function ensureGroup(parts: SessionParts, request: SubscriptionRequest): Promise<boolean> {
  const past = await ensureTopology(parts, request);
  if (request.ordering === "key") await ensureBatons(parts, request);
  return past;
}

/** A journal that is empty and that nobody reads has no baton yet. A second one does no harm. */
async function ensureBatons(
  { settings, namespace, link, publisher }: SessionParts,
  { channel, group }: SubscriptionRequest,
): Promise<void> {
  const name = groupName(namespace, channel, group);
  const queues = Array.from({ length: settings.partitions }, (_, partition) => heldName(name, partition));
  const states = await link.once((one) => Promise.all(queues.map((queue) => one.checkQueue(queue))));
  const untouched = states.filter((state) => state.messageCount === 0 && state.consumerCount === 0);
  await publisher.store(untouched.map(({ queue }) => batonNote(queue)));
}

async function ensureTopology(parts: SessionParts, request: SubscriptionRequest): Promise<boolean> {
  const { settings, namespace, link, clock } = parts;
  const name = groupName(namespace, request.channel, request.group);
  const mode = settings.topology;
  if (typeof request.from === "object" && "offset" in request.from) checkedOffset(request.from.offset);
  await checkOrdering(parts, name, request);
  const ready = readyExchange(name);
  const find = async (): Promise<boolean> => {
    await apply(link, groupTopology(settings, namespace, request), mode);
    return exchangeExists(link, pastExchange(name).name);
  };
  if (mode === "check" || (await exchangeExists(link, ready.name))) return find();
  return locked(link, clock, `${name}:lock`, async () => {
    if (await exchangeExists(link, ready.name)) return find();
    if (request.from === "latest") await apply(link, groupTopology(settings, namespace, request), mode);
    else await initialise(parts, request);
    await apply(link, { exchanges: [ready], queues: [], bindings: [] }, mode);
    return request.from !== "latest";
  });
}

async function checkOrdering(
  { link, settings }: SessionParts,
  name: string,
  request: SubscriptionRequest,
): Promise<void> {
  const exchange = orderExchange(name, request.ordering);
  try {
    await apply(link, { exchanges: [exchange], queues: [], bindings: [] }, settings.topology);
  } catch (error) {
    if (!isMismatch(error)) throw error;
    const other = request.ordering === "key" ? "none" : "key";
    throw refusals.orderingDiffers(request, other, request.ordering);
  }
}
