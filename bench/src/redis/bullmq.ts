/** BullMQ with the batches and the concurrency it is fastest with here. Done jobs are removed, as streams' entries are not needed either. */
import { Queue, Worker } from "bullmq";
import { type Contestant, eventOf, eventType, inBatches, type RunData, sample } from "../contestant.js";

const options = { removeOnComplete: true, removeOnFail: true } as const;

export const contestant: Contestant = {
  async consume({ url, name }, handled) {
    const worker = new Worker(
      name,
      async (job: { readonly data: { readonly data: RunData } }) => handled(job.data.data),
      { connection: { url }, concurrency: 32 },
    );
    await worker.waitUntilReady();
    return { close: () => worker.close() };
  },

  async produce({ url, name }) {
    const queue = new Queue(name, { connection: { url } });
    await queue.waitUntilReady();
    const addBulk = (size: number): Promise<unknown> =>
      queue.addBulk(
        Array.from({ length: size }, () => ({ name: eventType, data: eventOf(sample), opts: options })),
      );
    return {
      flood: (count) => inBatches(count, { size: 256, underWay: 2 }, addBulk),
      send: (one) => queue.add(eventType, eventOf(one), options),
      close: () => queue.close(),
    };
  },
};
