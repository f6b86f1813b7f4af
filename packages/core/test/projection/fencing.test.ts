import { type MemoryRows, memoryDatabase, memoryStore, type Store, StoreError } from "@meshwright/core";
import { storeRefusals } from "@meshwright/core/adapter";
import fc from "fast-check";
import { expect, test } from "vitest";

import { eventually, manualClock } from "../mesh/support.js";
import { add, counts, numbersIn, openStore, running, storeThrough } from "./support.js";

const streams = ["count/a", "count/b", "count/c"] as const;

/** What goes wrong with one transaction. */
type Fault = "none" | "handler" | "conflict" | "before" | "after" | "commit";

interface Step {
  readonly stream: (typeof streams)[number];
  readonly many: number;
  /** The process that ends here and comes again. */
  readonly restarts: 0 | 1 | undefined;
}

const step: fc.Arbitrary<Step> = fc.record({
  stream: fc.constantFrom(...streams),
  many: fc.integer({ min: 1, max: 40 }),
  restarts: fc.constantFrom<0 | 1 | undefined>(0, 1, undefined, undefined, undefined),
});
const fault: fc.Arbitrary<Fault> = fc.constantFrom(
  "none",
  "handler",
  "conflict",
  "before",
  "after",
  "commit",
);

/** A store that takes a fault for each transaction, and is well when there are no more. */
function faulty(inner: Store<MemoryRows>, faults: Fault[]): Store<MemoryRows> {
  return storeThrough(inner, async (work, run) => {
    const fault = faults.shift() ?? "none";
    if (fault === "before") throw new StoreError("AWAY", "away", { retryable: true });
    const result = await run(async (tx) => {
      const done = await work(tx);
      if (fault === "conflict") throw storeRefusals.conflict(undefined);
      if (fault === "commit") throw new StoreError("ROLLED_BACK", "rolled back", { retryable: false });
      return done;
    });
    // It is committed, and the answer got lost.
    if (fault === "after") throw new StoreError("COMMIT_UNKNOWN", "unknown", { retryable: true });
    return result;
  });
}

test("two processes, whatever fails and whoever restarts: each event once, in order", async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 12 }),
    fc.array(fault, { maxLength: 40 }),
    async (steps, faults) => {
      const database = memoryDatabase();
      const clock = manualClock();
      const left = [...faults];
      const touch = () => {
        if (left[0] === "handler" && left.shift()) throw new Error("broken");
      };
      const process = () => {
        const store = faulty(memoryStore({ database }), left);
        return running(counts({ touch }), { store, clock });
      };
      const both = [await process(), await process()];
      const writer = await openStore(database);
      const wanted = new Map<string, number[]>();
      let n = 0;
      for (const { stream, many, restarts } of steps) {
        const numbers = Array.from({ length: many }, () => ++n);
        wanted.set(stream, [...(wanted.get(stream) ?? []), ...numbers]);
        await add(writer, stream, ...numbers);
        if (restarts === undefined) continue;
        await both[restarts]?.mesh.stop();
        both[restarts] = await process();
      }
      await eventually("all is in", async () => {
        clock.advance(1_000);
        const [own] = (await writer.checkpoints("counts@1")).filter(({ name }) => name === "counts@1");
        return own?.position === n;
      });
      for (const [stream, numbers] of wanted)
        expect(await numbersIn((both[0] as (typeof both)[0]).handle, stream)).toEqual(numbers);
      for (const { mesh } of both) await mesh.stop();
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

test("an owner that hangs beyond its time is rolled back, another goes on, and what the first does later counts for nothing", async () => {
  const database = memoryDatabase();
  const clock = manualClock();
  let wake: () => void = () => undefined;
  let hung = 0;
  const hanging = (n: number) =>
    n === 2 && hung++ === 0 ? new Promise<void>((resolve) => (wake = resolve)) : undefined;
  const store = await openStore(database);
  await add(store, "count/a", 1, 2, 3);
  const owner = await running(counts({ touch: hanging, timeout: "5s" }), { database, clock });
  await eventually("it hangs", () => hung === 1);
  const heir = await running(counts(), { database });
  clock.advance(5_000);
  await heir.handle.caughtUp();
  expect(await numbersIn(heir.handle, "count/a")).toEqual([1, 2, 3]);
  wake();
  await add(store, "count/a", 4);
  await owner.handle.caughtUp();
  await heir.handle.caughtUp();
  expect(await numbersIn(heir.handle, "count/a")).toEqual([1, 2, 3, 4]);
});
