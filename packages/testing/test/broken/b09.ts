import type { DeadLetterRecord } from "@meshwright/core/adapter";
import { delegate, type Sin } from "./sin.js";

async function chosen(
  batches: AsyncIterable<readonly DeadLetterRecord[]>,
  ids: readonly string[],
): Promise<DeadLetterRecord[]> {
  const found: DeadLetterRecord[] = [];
  for await (const batch of batches) found.push(...batch.filter((record) => ids.includes(record.id)));
  return found;
}

export const b09: Sin = {
  sin: "redrive publishes again, to every group",
  caughtBy: {
    "B9/own-group-only": /the other group gets only what is new/,
    "B9/twice-at-once": /60|receives/,
  },
  commit: (broker) => ({
    ...delegate(broker),
    async redrive({ group, ids }) {
      const records = await chosen(broker.deadLetters({ group }), ids);
      for (const record of records) await broker.publish(record.channel, [record.message]);
      await broker.purge({ group, ids });
      return records.length;
    },
  }),
};

export const b09Lossy: Sin = {
  sin: "redrive takes from the shelf first and gives back later",
  caughtBy: { "B9/killed-midway": /every record is on the shelf or back/ },
  commit(broker, { clock }) {
    let dead = false;
    return {
      ...delegate(broker),
      async redrive({ group, ids }) {
        const records = await chosen(broker.deadLetters({ group }), ids);
        await broker.purge({ group, ids });
        await new Promise<void>((resolve) => clock.after(ids.length > 1 ? Math.random() * 40 : 0, resolve));
        if (!dead) for (const record of records) await broker.publish(record.channel, [record.message]);
        return records.length;
      },
      crash() {
        dead = true;
        broker.crash();
      },
    };
  },
};

export const b09Disordered: Sin = {
  sin: "redrive hands back in the order of the shelf",
  caughtBy: { "B9/order-given": /deep-equal/ },
  commit: (broker) => ({
    ...delegate(broker),
    async redrive({ group, ids }) {
      const records = await chosen(broker.deadLetters({ group }), ids);
      return broker.redrive({ group, ids: records.map((record) => record.id) });
    },
  }),
};
