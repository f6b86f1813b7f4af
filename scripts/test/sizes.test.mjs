import { expect, test } from "vitest";
import { tooLong } from "../sizes.mjs";

const commented = (count) => `/**\n${" * A line.\n".repeat(count - 2)} */\n`;

test.each([
  ["packages/core/src/a.ts", 400],
  ["packages/core/test/a.test.ts", 500],
  ["scripts/a.mjs", 400],
])("%s may have %i lines and no more", (path, limit) => {
  expect(tooLong(path, commented(limit))).toBeUndefined();
  expect(tooLong(path, commented(limit + 1))).toBe(limit + 1);
});
