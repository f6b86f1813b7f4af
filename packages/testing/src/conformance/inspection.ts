import assert from "node:assert/strict";
import { type GroupReport, isInspector } from "@meshwright/core/adapter";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll } from "./member.js";
import { keyedMessages, message } from "./messages.js";

/** Waits until the report of a group shows these numbers. */
async function reportOf(
  env: ConformanceEnv,
  group: string,
  numbers: Partial<GroupReport>,
): Promise<GroupReport> {
  const broker = await env.broker();
  assert.ok(isInspector(broker));
  let last: GroupReport | undefined;
  const fits = async (): Promise<GroupReport | undefined> => {
    const reports = await env.within("inspect", broker.inspect());
    last = reports.find((report) => report.group === group && report.channel === "orders");
    const wanted = Object.entries(numbers) as [keyof GroupReport, unknown][];
    return wanted.every(([name, value]) => last?.[name] === value) ? last : undefined;
  };
  try {
    return await env.eventually(`${group} reports ${JSON.stringify(numbers)}`, fits);
  } catch (error) {
    throw new Error(`The last report was ${JSON.stringify(last)}.`, { cause: error });
  }
}

export const inspection: Guarantee = {
  id: "inspect",
  promise: "inspect says what each group has before it",
  cases: [
    {
      id: "inspect/numbers",
      title: "lag, in flight, delayed and dead letters follow what happens",
      requires: ["inspection", "delayedRetry", "deadLetters"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, { prefetch: 4 });
        await reportOf(env, "billing", {
          lag: 0,
          inFlight: 0,
          delayed: 0,
          deadLetters: 0,
          oldestUnsettledAt: undefined,
        });
        await env.within("publish", broker.publish("orders", keyedMessages(10, 10)));
        const [first, second, third, fourth] = await member.take(4);
        assert.ok(first && second && third && fourth);
        await reportOf(env, "billing", { inFlight: 4, oldestUnsettledAt: first.storedAt });
        await env.within("settle", member.retry(first, 3_600_000));
        await env.within("settle", member.deadLetter([second]));
        const report = await reportOf(env, "billing", { delayed: 1, deadLetters: 1, inFlight: 4 });
        assert.ok(report.lag >= 9, `lag ${report.lag} with 9 not settled`);
        await env.within("settle", member.ack([third, fourth]));
        await env.within("close", member.close());
        await reportOf(env, "billing", {
          inFlight: 0,
          delayed: 1,
          deadLetters: 1,
          oldestUnsettledAt: first.storedAt,
        });
      },
    },
    {
      id: "inspect/comes-to-rest",
      title: "a group that has handled everything reports no lag and nothing oldest",
      requires: ["inspection"],
      async run(env) {
        const broker = await env.broker();
        const member = await env.member(broker, {}, ackAll);
        await env.within("publish", broker.publish("orders", keyedMessages(50, 7)));
        await member.take(50);
        await reportOf(env, "billing", { lag: 0, inFlight: 0, oldestUnsettledAt: undefined });
      },
    },
    {
      id: "inspect/absent-groups",
      title: "groups without members are reported, each by channel and group",
      requires: ["inspection"],
      async run(env) {
        const broker = await env.broker();
        await env.group(broker, { group: "one" });
        await env.group(broker, { group: "two" });
        await env.group(broker, { group: "one", channel: "deliveries" });
        await env.within("publish", broker.publish("orders", [message(), message()]));
        const report = await reportOf(env, "one", { inFlight: 0 });
        assert.ok(report.lag >= 2);
        assert.ok(isInspector(broker));
        const places = (await env.within("inspect", broker.inspect())).map(
          (one) => `${one.channel} ${one.group}`,
        );
        assert.deepEqual(places.sort(), ["deliveries one", "orders one", "orders two"]);
      },
    },
  ],
};
