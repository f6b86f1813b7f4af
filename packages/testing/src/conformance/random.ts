/** Pseudo-random choices from a seed: the same seed, the same test. */
export interface Random {
  readonly seed: number;
  /** At least 0, below 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(values: readonly T[]): T;
  bytes(length: number): Uint8Array;
  /** Text of so many characters, from all over Unicode, without lone surrogates. */
  text(length: number): string;
  shuffle<T>(values: readonly T[]): T[];
}

const oddTexts: readonly string[] = [
  "é",
  "e\u0301",
  "😀",
  "👩‍👩‍👧",
  "\u0000",
  "\n",
  '"',
  "\\",
  "\u202e",
  "\ufeff",
  "ß",
  "日本",
  "\u2028",
  "\ud7ff",
  "\ue000",
  "\uffff",
];

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const int = (low: number, high: number): number => low + Math.floor(next() * (high - low + 1));
  const pick = <T>(values: readonly T[]): T => {
    const value = values[int(0, values.length - 1)];
    if (value === undefined) throw new Error("There is nothing to pick from.");
    return value;
  };
  const character = (): string => {
    if (next() < 0.3) return pick(oddTexts);
    if (next() < 0.5) return String.fromCodePoint(int(0x20, 0x7e));
    const point = int(1, 0x10ffff);
    return point >= 0xd800 && point <= 0xdfff ? "x" : String.fromCodePoint(point);
  };
  return {
    seed,
    next,
    int,
    pick,
    chance: (probability) => next() < probability,
    bytes: (length) => Uint8Array.from({ length }, () => int(0, 255)),
    text: (length) => Array.from({ length }, character).join(""),
    shuffle(values) {
      const mixed = [...values];
      for (let left = mixed.length - 1; left > 0; left--) {
        const other = int(0, left);
        [mixed[left], mixed[other]] = [mixed[other] as never, mixed[left] as never];
      }
      return mixed;
    },
  };
}
