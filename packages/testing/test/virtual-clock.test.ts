import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { virtualClock } from "../src/index.js";

describe("virtualClock", () => {
  test("stands still until it is moved", async () => {
    const clock = virtualClock(1_000);
    const fired: number[] = [];
    clock.after(10, () => fired.push(clock.now()));
    await clock.advance(9);
    expect([clock.now(), fired, clock.pending, clock.nextAt]).toEqual([1_009, [], 1, 1_010]);
    await clock.advance("1ms");
    expect([clock.now(), fired, clock.pending, clock.nextAt]).toEqual([1_010, [1_010], 0, undefined]);
  });

  test("fires timers in the order of their times, each at its own, equal ones as they were set", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50), { maxLength: 40 }), async (delays) => {
        const clock = virtualClock(0);
        const fired: [number, number][] = [];
        for (const [index, ms] of delays.entries()) clock.after(ms, () => fired.push([clock.now(), index]));
        await clock.advance(60);
        const expected = delays.map((ms, index): [number, number] => [ms, index]).sort((a, b) => a[0] - b[0]);
        expect(fired).toEqual(expected);
        expect(clock.now()).toBe(60);
      }),
      { numRuns: 30 },
    );
  });

  test("lets promises run in between, so that a chain of timers fires in one call", async () => {
    const clock = virtualClock(0);
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
    const seen: number[] = [];
    const chain = (async () => {
      for (let step = 0; step < 5; step++) {
        await sleep(10);
        await Promise.resolve();
        seen.push(clock.now());
      }
    })();
    await clock.advance(50);
    await chain;
    expect(seen).toEqual([10, 20, 30, 40, 50]);
  });

  test("next goes to the next timer; a cancelled one does not fire", async () => {
    const clock = virtualClock(0);
    const fired: string[] = [];
    const cancel = clock.after(5, () => fired.push("cancelled"));
    clock.after(7, () => fired.push("kept"));
    cancel();
    cancel();
    expect(await clock.next()).toBe(true);
    expect([clock.now(), fired]).toEqual([7, ["kept"]]);
    expect(await clock.next()).toBe(false);
    expect(clock.now()).toBe(7);
  });

  test("refuses a duration that is none", async () => {
    await expect(virtualClock().advance("soon" as never)).rejects.toMatchObject({ code: "DURATION_INVALID" });
  });
});
