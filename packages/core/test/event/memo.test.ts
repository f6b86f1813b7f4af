import { expect, test, vi } from "vitest";
import { memoize } from "../../src/event/memo.js";

test("what was computed is remembered, for each text its own", () => {
  const compute = vi.fn((text: string) => text.toUpperCase());
  const upper = memoize(compute);
  compute.mockClear();
  for (let round = 0; round < 3; round++) {
    for (const text of ["a", "b", "b", "ab", "abc", "abcd"]) expect(upper(text)).toBe(text.toUpperCase());
  }
  expect(compute).toHaveBeenCalledTimes(5);
});

test("no more than a thousand texts are kept, and none that is long", () => {
  const compute = vi.fn((text: string) => text.length);
  const length = memoize(compute);
  const texts = Array.from({ length: 1_001 }, (_, i) => `text ${i}`);
  for (const text of texts) length(text);
  compute.mockClear();
  length("text 0");
  expect(compute).toHaveBeenCalledTimes(1);

  const long = "x".repeat(201);
  for (const text of [long, "short", long]) expect(length(text)).toBe(text.length);
  expect(compute).toHaveBeenCalledTimes(4);
});
