import assert from "node:assert/strict";
import type { Transaction } from "@meshwright/core/adapter";
import type { StoreCase } from "./case.js";
import { type Caller, callers, range, transact } from "./stream-events.js";

const totals = "totals";
const retries = 200;

async function numberIn({ documents }: Transaction, key: string): Promise<number> {
  return Number((await documents.read(totals, [key])).get(key) ?? 0);
}

function add(own: Caller, key: string, more: number): Promise<void> {
  const work = async (tx: Transaction): Promise<void> => {
    const was = await numberIn(tx, key);
    await tx.documents.write(totals, [{ key, body: String(was + more) }]);
  };
  return transact(own, work, { retries });
}

/** Reads two in an order of its own, and moves 1 from one to the other. */
function shift(own: Caller, from: string, to: string): Promise<void> {
  const work = async (tx: Transaction): Promise<void> => {
    const [source, target] = [await numberIn(tx, from), await numberIn(tx, to)];
    await tx.documents.write(totals, [{ key: from, body: String(source - 1) }]);
    await tx.documents.write(totals, [{ key: to, body: String(target + 1) }]);
  };
  return transact(own, work, { retries });
}

export const documentsAtOnce: readonly StoreCase[] = [
  {
    id: "S19/no-lost-update",
    title:
      "twenty that add to the same document at the same time have all added, also where it was not there",
    async run(env) {
      const among = await callers(env, 4);
      for (const expected of [20, 40]) {
        await Promise.all(range(1, 20).map((at) => add(among[at % among.length] as Caller, "count", 1)));
        const read = await env.within("read", (among[0] as Caller).store.documents.read(totals, ["count"]));
        assert.equal(read.get("count"), String(expected));
      }
    },
  },
  {
    id: "S19/crossing",
    title: "those that read the same two documents in different order all get through, and none is lost",
    async run(env) {
      const among = await callers(env, 4);
      await Promise.all(
        range(1, 12).map((at) => {
          const own = among[at % among.length] as Caller;
          return at % 4 === 0 ? shift(own, "b", "a") : shift(own, "a", "b");
        }),
      );
      const { documents } = (among[0] as Caller).store;
      const read = await env.within("read", documents.read(totals, ["a", "b"]));
      assert.deepEqual(Object.fromEntries(read), { a: "-6", b: "6" });
    },
  },
];
