import { describe, expect, test } from "vitest";
import type { Confirmed } from "../src/history.js";
import { explanations } from "../src/run/explanations.js";
import type { Struck } from "../src/run/storm.js";
import { fault } from "./made-up.js";

const paused = (target: string, explains = true): Struck => ({ ...fault(target, 1_000, 3_000), explains });
const stalled = (target: string) => fault(target, 1_000, 3_000);
const at = (time: number): Confirmed => ({ id: "k#1", key: "k", number: 1, askedAt: time, at: time });
const targets = (...given: Parameters<typeof explanations>) =>
  explanations(...given).map(({ target }) => target);

describe("what explains a duplicate", () => {
  test("a fault of a consumer or of everyone; a publisher's never", () => {
    const struck = ["consumer-1", "publisher-2", "everyone"].map((target) => paused(target));
    expect(targets({ struck, stalls: [], embedded: false }, [])).toEqual(["consumer-1", "everyone"]);
  });

  test("a fault that a live process has to endure does not", () => {
    expect(targets({ struck: [paused("consumer-1", false)], stalls: [], embedded: false }, [])).toEqual([]);
  });

  test("a process that stood still with the lock, so that nobody confirmed anything", () => {
    const stalls = [stalled("publisher-2")];
    const before = [at(500), at(1_100)];
    expect(targets({ struck: [], stalls, embedded: true }, before)).toEqual(["everyone"]);
    expect(targets({ struck: [], stalls, embedded: true }, [...before, at(2_000)])).toEqual([]);
    expect(targets({ struck: [], stalls, embedded: false }, before)).toEqual([]);
  });
});
