/** Which groups exist in a namespace: AMQP cannot list queues, so a stream holds one entry for each group that was made. */

import { registryName } from "./names.js";
import type { SessionParts } from "./parts.js";
import { readStream } from "./stream.js";

export interface GroupEntry {
  readonly channel: string;
  readonly group: string;
  readonly ordering: "key" | "none";
}

export async function register(
  { namespace, publisher }: SessionParts,
  { channel, group, ordering }: GroupEntry,
): Promise<void> {
  const body = Buffer.from(JSON.stringify({ channel, group, ordering }));
  await publisher.store([
    { exchange: "", key: registryName(namespace), body, properties: { persistent: true } },
  ]);
}

export async function registered({ namespace, link, publisher }: SessionParts): Promise<GroupEntry[]> {
  const found = new Map<string, GroupEntry>();
  const source = { queue: registryName(namespace), from: "first" as const };
  for await (const batch of readStream(link, publisher, source)) {
    for (const { content } of batch) {
      const entry = JSON.parse(content.toString()) as GroupEntry;
      found.set(JSON.stringify([entry.channel, entry.group]), entry);
    }
  }
  return [...found.values()];
}
