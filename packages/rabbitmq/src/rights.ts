/**
 * What a member does again and again is tried once at its start: a right that is missing is then an error of `subscribe`, and not
 * of a loop that nobody sees.
 */
import type { SubscriptionRequest } from "@meshwright/core/adapter";
import { brokerError, replyCode } from "./errors.js";
import { newId } from "./journal.js";
import type { Link } from "./link.js";
import { channelName, groupName } from "./names.js";
import type { SessionParts } from "./parts.js";
import { delayNames, heldName, laterName, mainName, queueName } from "./topology.js";

/** Rejects with `RABBITMQ_NO_PERMISSION`, naming the right and what it is for. */
export async function checkRights(
  { namespace, link }: SessionParts,
  { channel, group, ordering }: SubscriptionRequest,
): Promise<void> {
  const name = groupName(namespace, channel, group);
  const read =
    ordering === "key" ? [mainName(name, 0), heldName(name, 0)] : [queueName(name), ...delayNames(name)];
  for (const queue of [...read, laterName(channelName(namespace, channel))]) await mayRead(link, queue);
  await mayMakeAndPublish(link, `${name}:member.${newId()}`);
}

/** To consume would take messages. The right is looked at before the arguments, so wrong ones tell. */
async function mayRead(link: Link, queue: string): Promise<void> {
  const refused = { arguments: { "x-priority": "only asks whether it may read" } };
  await link.once((channel) =>
    channel
      .consume(queue, () => undefined, refused)
      .catch((error: unknown) => {
        if (replyCode(error) !== 406) throw brokerError(error, `consuming queue "${queue}"`, "read");
      }),
  );
}

/** A queue may have a dead letter exchange if its maker may publish there. To publish would wait while there is an alarm. */
async function mayMakeAndPublish(link: Link, queue: string): Promise<void> {
  const given = { "x-dead-letter-exchange": "", "x-dead-letter-routing-key": queue };
  await link.once(async (channel) => {
    try {
      await channel.assertQueue(queue, { exclusive: true, durable: false, arguments: given });
      await channel.deleteQueue(queue);
    } catch (error) {
      const right = error instanceof Error && /amq\.default/.test(error.message) ? "write" : "configure";
      throw brokerError(error, `declaring queue "${queue}"`, right);
    }
  });
}
