import { partitionOf } from "@meshwright/core/adapter";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** The definition, in arithmetic that needs no 32-bit tricks. */
function byTheBook(key: string): bigint {
  const modulus = 2n ** 32n;
  let hash = 0x811c9dc5n;
  for (const byte of new TextEncoder().encode(key)) hash = ((hash ^ BigInt(byte)) * 0x01000193n) % modulus;
  hash ^= hash >> 16n;
  hash = (hash * 0x85ebca6bn) % modulus;
  hash ^= hash >> 13n;
  hash = (hash * 0xc2b2ae35n) % modulus;
  return hash ^ (hash >> 16n);
}

describe("the partition of a key", () => {
  test("is what other languages compute by the definition", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 1, max: 4_096 }), (key, partitions) => {
        expect(partitionOf(key, partitions)).toBe(Number(byTheBook(key) % BigInt(partitions)));
      }),
    );
  });

  // Stored data depends on these: they never change.
  test.each([
    ["", 1_000, 923],
    ["pipeline-1", 1_000, 466],
    ["sha256:5f0c9e2b", 1_000, 889],
    ["größe", 1_000, 484],
    ["\u{1f680}", 1_000, 752],
  ])("of %j among %d is %d", (key, partitions, expected) => {
    expect(partitionOf(key, partitions)).toBe(expected);
  });

  test("spreads similar keys evenly", () => {
    const counts = new Array<number>(8).fill(0);
    for (let n = 0; n < 8_000; n++)
      counts[partitionOf(`pipeline-${n}`, 8)] = (counts[partitionOf(`pipeline-${n}`, 8)] ?? 0) + 1;
    for (const count of counts) expect(count).toBeGreaterThan(800);
  });
});
