import { describe, expect, test } from "vitest";
import { eventually } from "../src/index.js";

describe("eventually", () => {
  test("resolves with what the condition returns, 0 and the empty text included", async () => {
    let looks = 0;
    expect(await eventually("the third look", () => ++looks === 3 && "there")).toBe("there");
    expect(looks).toBe(3);
    expect(await eventually("a zero", () => 0)).toBe(0);
    expect(await eventually("a promise", () => Promise.resolve(""))).toBe("");
  });

  test("gives up at the deadline and says what it waited for", async () => {
    let ms = 0;
    const options = {
      deadlineMs: 100,
      pause: async () => {
        ms += 10;
        return 10;
      },
    };
    await expect(eventually("the impossible", () => false, options)).rejects.toMatchObject({
      code: "DEADLINE",
      message: expect.stringContaining("the impossible"),
    });
    expect(ms).toBe(100);
  });

  test("passes on what the condition throws", async () => {
    const broken = (): never => {
      throw new Error("broken");
    };
    await expect(eventually("anything", broken)).rejects.toThrow("broken");
  });
});
