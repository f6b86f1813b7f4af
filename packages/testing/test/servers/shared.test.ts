import { expect, test } from "vitest";
import { redisServer } from "../../src/index.js";

test("a shared server is the same for all that ask, and nobody's to end", async () => {
  const one = await redisServer({ shared: true });
  await using other = await redisServer({ shared: true });
  expect(other.url).toBe(one.url);
  expect(one.owned).toBe(false);
  await one.close();
  expect(await other.command("PING")).toBe("PONG");
  await expect(one.kill()).rejects.toMatchObject({ code: "SERVER_NOT_OWNED" });
});

test("a shared server takes no other options", async () => {
  const asked = redisServer({ shared: true, password: "secret" });
  await expect(asked).rejects.toMatchObject({ code: "SERVER_OPTIONS_INVALID" });
});
