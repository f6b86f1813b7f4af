// What documents quote is what the files have, and a quotation that would be left out is an error.
import { expect, test } from "vitest";
import { refresh } from "../lib/excerpts.mjs";
import { root } from "../lib/workspace.mjs";

const from = "examples/quickstart/src/outbox.ts#setup";

test("a block is that of its file", () => {
  const text = refresh(`<!-- code: ${from} -->\n\`\`\`ts\nold\n\`\`\`\n`, root);
  expect(text).toContain("const store = memoryStore({ database });");
  expect(text).not.toContain("old");
});

test("a comment without a block behind it is named", () => {
  expect(() => refresh(`<!-- code: ${from} -->\n\nThe text goes on.\n`, root)).toThrow(from);
});
