/** The permissions of docs/redis.md are enough, for all that there is; without one of them the start says which. */
import { readFileSync } from "node:fs";
import { BrokerError, type Delivery, type SubscriptionRequest } from "@meshwright/core/adapter";
import { redisBroker } from "@meshwright/redis";
import { redisServer } from "@meshwright/testing";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { contextOf, iterate, message, openBroker, subscribe, take } from "./support.js";

const server = await redisServer({ appendfsync: "no" });
afterAll(() => server.close());

const failure = { reason: "failed", code: "TEST", message: "test" } as const;

/** What the guide tells to give a user. */
function rights(): string[] {
  const guide = readFileSync(new URL("../../../docs/redis.md", import.meta.url), "utf8");
  const [, all] = /`(~mw:\* [^`]+)`/.exec(guide) ?? [];
  if (all === undefined) throw new Error("docs/redis.md has no permissions");
  return all.split(" ");
}

/** The URL of a user who has these permissions and no others. */
async function userWith(name: string, ...permissions: readonly string[]): Promise<string> {
  await server.command("ACL", "SETUSER", name, "reset", "on", ">secret", ...permissions);
  return `redis://${name}:secret@${server.host}:${server.port}`;
}

test.each(["key", "none"] as const)(
  "a user with the permissions of docs/redis.md can do everything: ordering %s",
  async (ordering: SubscriptionRequest["ordering"]) => {
    const broker = await openBroker({ url: await userWith("app", ...rights()) }, { namespace: ordering });
    const subscription = await subscribe(broker, { ordering });
    const iterator = iterate(subscription);
    await broker.publish("orders", [message({ deliverAt: Date.now() + 20 }), message({ key: "dead" })]);
    const [one, other] = (await take(iterator, 2)) as [Delivery, Delivery];
    await subscription.settle([
      { delivery: one, outcome: "deadLetter", failure },
      { delivery: other, outcome: "retry", delayMs: 20, failure },
    ]);
    await take(iterator, 1);
    const shelved = async (): Promise<string[]> => {
      const found: string[] = [];
      for await (const records of broker.deadLetters({ group: "billing" }))
        found.push(...records.map(({ id }) => id));
      return found;
    };
    expect(await broker.redrive({ group: "billing", ids: await shelved() })).toBe(1);
    const [back] = await take(iterator, 1);
    await subscription.settle([{ delivery: back as Delivery, outcome: "deadLetter", failure }]);
    expect(await broker.purge({ group: "billing", ids: await shelved() })).toBe(1);
    const history: string[] = [];
    for await (const entries of broker.history({ channel: "orders", from: "earliest" })) {
      history.push(...entries.map(({ offset }) => offset));
    }
    expect(history.length).toBe(2);
    expect((await broker.inspect())[0]).toMatchObject({ inFlight: 1 });
    await broker.close();
  },
);

test.each([
  ["its keys", "~others:*", /key/i],
  ["to write", "-@write", /'set'/],
  ["to run scripts", "-@scripting", /'eval'/],
  ["to read as a group", "-xreadgroup", /'xreadgroup'/],
  ["to read streams", "-xread", /'xread'/],
  ["to ask replicas", "-wait", /minReplicas.*'wait'/],
] as const)("a permission that is missing is said at the start: %s", async (_, without, said) => {
  const [keys = "", ...commands] = rights();
  const given = without.startsWith("~") ? [without, ...commands] : [keys, ...commands, without];
  const url = await userWith("lacking", ...given);
  const start = async (): Promise<void> => {
    const minReplicas = without === "-wait" ? 1 : 0;
    const broker = redisBroker({ url, minReplicas });
    onTestFinished(() => broker.close().catch(() => undefined));
    await broker.open(contextOf({ namespace: "lacks" }));
    await subscribe(broker);
  };
  const error: unknown = await start().catch((one: unknown) => one);
  expect(error).toBeInstanceOf(BrokerError);
  expect(error).toMatchObject({ code: "REDIS_NO_PERMISSION", retryable: false });
  expect((error as BrokerError).message).toMatch(said);
});

test("publishing without the permission to run scripts says so", async () => {
  const broker = await openBroker({ url: await userWith("publisher", ...rights(), "-@scripting") });
  await expect(broker.publish("orders", [message()])).rejects.toMatchObject({ code: "REDIS_NO_PERMISSION" });
});
