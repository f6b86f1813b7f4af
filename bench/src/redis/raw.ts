/**
 * Redis Streams by hand, as fast as ioredis goes: whole batches on the way in, reads of 500 and acknowledgements of as many
 * in one command on the way out, the next read under way while a batch is handled. No ordering by key, no retries, no
 * dead letters, no taking over from the dead.
 */
import { Redis } from "ioredis";
import {
  batchesFor,
  type Contestant,
  eventOf,
  inBatches,
  type Producer,
  type RunData,
} from "../contestant.js";
import { text } from "../sample.js";

type Entries = readonly (readonly [id: string, fields: readonly [name: string, body: string]])[];
type Reply = readonly [readonly [stream: string, entries: Entries]] | null;

const group = "bench";

const consume: Contestant["consume"] = async ({ url, name }, handled) => {
  const reader = new Redis(url, { protocol: 2 });
  const acknowledger = new Redis(url);
  await reader.xgroup("CREATE", name, group, "$", "MKSTREAM");
  let closing = false;
  const read = (): Promise<Reply> =>
    reader.call(
      "XREADGROUP",
      ...["GROUP", group, "one", "COUNT", 500, "BLOCK", 500, "STREAMS", name, ">"],
    ) as Promise<Reply>;
  const work = async (): Promise<void> => {
    let next = read();
    while (!closing) {
      const reply = await next;
      next = read();
      if (reply === null) continue;
      const [[, entries]] = reply;
      const ids = entries.map(([id, [, body]]) => {
        handled((JSON.parse(body) as { data: RunData }).data);
        return id;
      });
      void acknowledger.xack(name, group, ...ids);
    }
    await next;
  };
  const working = work();
  return {
    async close() {
      closing = true;
      await working;
      await Promise.all([reader.quit(), acknowledger.quit()]);
    },
  };
};

/** Pipelines: what ioredis offers for the purpose. */
export const pipelined: Contestant = {
  consume,
  async produce({ url, name }) {
    const client = new Redis(url);
    const send = (size: number): Promise<unknown> => {
      const pipeline = client.pipeline();
      for (let i = 0; i < size; i++) pipeline.xadd(name, "*", "event", text);
      return pipeline.exec();
    };
    return producer(client, name, (count) => inBatches(count, { size: 256, underWay: 2 }, send));
  },
};

const appendAll = "for i = 1, #ARGV do redis.call('XADD', KEYS[1], '*', 'event', ARGV[i]) end";

/** A script for each batch: one command to build, to answer, and to write to disk. */
export const scripted: Contestant = {
  consume,
  async produce({ url, name }) {
    const client = new Redis(url);
    const sha = String(await client.script("LOAD", appendAll));
    const send = (size: number): Promise<unknown> =>
      client.evalsha(sha, 1, name, ...Array.from({ length: size }, () => text));
    return producer(client, name, (count) => inBatches(count, batchesFor(1), send));
  },
};

function producer(client: Redis, name: string, flood: Producer["flood"]): Producer {
  return {
    flood,
    send: (sample) => client.xadd(name, "*", "event", JSON.stringify(eventOf(sample))),
    async close() {
      await client.quit();
    },
  };
}
