/** Many groups or channels by hand: a connection for each group, which reads all of its channels' streams in one command. */
import { Redis } from "ioredis";
import { batchesFor, type Contestant, dealer, inBatches, names, type RunData } from "../contestant.js";
import { text } from "../sample.js";

type Streams = readonly (readonly [
  stream: string,
  entries: readonly (readonly [id: string, fields: readonly [name: string, body: string]])[],
])[];

export const contestant: Contestant = {
  async consume({ url, name, channels, groups }, handled) {
    const acknowledger = new Redis(url);
    const streams = names(name, channels);
    let closing = false;
    const work = async (group: string, reader: Redis): Promise<void> => {
      const limits = ["COUNT", 500, "BLOCK", 5_000];
      const request = ["GROUP", group, "one", ...limits, "STREAMS", ...streams, ...streams.map(() => ">")];
      while (!closing) {
        const reply = (await reader.call("XREADGROUP", ...request)) as Streams | null;
        for (const [stream, entries] of reply ?? []) {
          for (const [, [, body]] of entries) handled((JSON.parse(body) as { data: RunData }).data);
          void acknowledger.xack(stream, group, ...entries.map(([id]) => id));
        }
      }
    };
    const join = async (group: string): Promise<Redis> => {
      const reader = new Redis(url, { protocol: 2 });
      await Promise.all(streams.map((stream) => reader.xgroup("CREATE", stream, group, "$", "MKSTREAM")));
      // Its connection is cut at the end.
      work(group, reader).catch(() => undefined);
      return reader;
    };
    const readers = await Promise.all(names("group", groups).map(join));
    return {
      async close() {
        closing = true;
        for (const client of [...readers, acknowledger]) client.disconnect();
      },
    };
  },

  async produce({ url, name, channels }) {
    const client = new Redis(url);
    const stream = dealer(names(name, channels));
    const send = (size: number): Promise<unknown> => {
      const pipeline = client.pipeline();
      const to = stream();
      for (let i = 0; i < size; i++) pipeline.xadd(to, "*", "event", text);
      return pipeline.exec();
    };
    return {
      flood: (count) => inBatches(count, batchesFor(channels), send),
      send: () => client.xadd(stream(), "*", "event", text),
      async close() {
        await client.quit();
      },
    };
  },
};
