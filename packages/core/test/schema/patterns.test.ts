import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matchesPattern } from "../../src/schema/patterns.js";

describe("a pattern of event types", () => {
  it.each([
    ["com.acme.built.v1", "com.acme.built.v1", true],
    ["com.acme.built.v1", "com.acme.built.v10", false],
    ["com.acme.*", "com.acme.scan.finished.v1", true],
    ["com.acme.*", "com.acme.", true],
    ["com.acme.*", "com.acme", false],
    ["com.acme.*", "comXacme.scan", false],
    ["dev.cdevents.change.*.0.4.0", "dev.cdevents.change.merged.0.4.0", true],
    ["dev.cdevents.change.*.0.4.0", "dev.cdevents.change.merged.0.3.0", false],
    ["*", "", true],
    ["*", "anything", true],
    ["", "", true],
    ["", "x", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["**", "x", true],
    ["a**b", "ab", true],
    ["*ab*ab", "ab", false],
    ["*ab*ab", "abab", true],
    ["a*b*c", "a-c-b", false],
    ["(a+)+*$", "(a+)+x$", true],
  ])("%s on %s: %s", (pattern, type, expected) => {
    expect(matchesPattern(pattern)(type)).toBe(expected);
  });

  /** The model, straight from the words: a `*` is nothing, or one character and a `*`. */
  const model = (pattern: string, text: string): boolean => {
    if (pattern === "") return text === "";
    if (pattern[0] === "*")
      return model(pattern.slice(1), text) || (text !== "" && model(pattern, text.slice(1)));
    return text !== "" && pattern[0] === text[0] && model(pattern.slice(1), text.slice(1));
  };

  it("matches as the model does", () => {
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", ".", "*"), maxLength: 8 });
    const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 10 });
    fc.assert(
      fc.property(pattern, text, (p, t) => {
        expect(matchesPattern(p)(t)).toBe(model(p, t));
      }),
      { numRuns: 3_000 },
    );
  });

  it("takes time in proportion to the text, whatever the pattern", () => {
    const matches = matchesPattern(`${"*a".repeat(2_000)}*b`);
    expect(matches("a".repeat(20_000))).toBe(false);
  });
});
