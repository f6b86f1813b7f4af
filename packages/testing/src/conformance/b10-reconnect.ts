import assert from "node:assert/strict";
import type { Broker } from "@meshwright/core/adapter";
import { type FaultProxy, faultProxy } from "../proxy/fault-proxy.js";
import type { Guarantee } from "./case.js";
import type { ConformanceEnv } from "./env.js";
import { ackAll, type Handle } from "./member.js";
import { ids, idsOf, keyedMessages, message, messages } from "./messages.js";

interface Behind {
  readonly proxy: FaultProxy;
  /** Connected through the proxy. */
  readonly far: Broker;
  /** Connected to the server itself. */
  readonly near: Broker;
}

/** Runs a case with one broker behind a fault proxy. */
async function behindProxy(env: ConformanceEnv, run: (world: Behind) => Promise<void>): Promise<void> {
  const network = env.options.network;
  assert.ok(network);
  const proxy = await faultProxy({ target: network.target });
  try {
    const far = await env.broker({ create: () => network.create({ host: proxy.host, port: proxy.port }) });
    await run({ proxy, far, near: await env.broker() });
    await proxy.heal();
    await env.close(far);
  } finally {
    await proxy.close();
  }
}

/** Acknowledges, again and again if need be: a settlement may reject while the server is away. */
function ackSurely(env: ConformanceEnv): Handle {
  return (batch, member) => env.insist("settle", () => member.ack(batch));
}

/** The same for every fault of the network: a consumer gets all, before, during and after. */
async function survives(
  env: ConformanceEnv,
  hurt: (proxy: FaultProxy) => void | Promise<void>,
  heal: (proxy: FaultProxy) => void | Promise<void>,
): Promise<void> {
  await behindProxy(env, async ({ proxy, far, near }) => {
    const member = await env.member(far, {}, ackSurely(env));
    const [before, during, after] = [messages(5), messages(5), messages(5)];
    await env.within("publish", near.publish("orders", before));
    await member.take(5);
    await hurt(proxy);
    await env.within("publish", near.publish("orders", during));
    await env.pass(env.leaseMs / 2);
    await heal(proxy);
    const sent = message({ key: "through-the-proxy" });
    await env.insist("publish", () => far.publish("orders", [sent]));
    await env.within("publish", near.publish("orders", after));
    const wanted = [...idsOf(before), ...idsOf(during), ...idsOf(after), sent.id];
    await env.eventually("everything arrives", () => {
      const seen = new Set(ids(member.received));
      return wanted.every((id) => seen.has(id));
    });
  });
}

export const b10: Guarantee = {
  id: "B10",
  promise: "restarts, half-open connections and cut networks are survived without help",
  cases: [
    {
      id: "B10/restart-goes-on",
      title: "the server restarts: the same connections and subscriptions go on by themselves",
      needs: ["restart"],
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        const member = await env.member(consumer, {}, ackSurely(env));
        await env.within("publish", publisher.publish("orders", [message()]));
        await member.one();
        for (let round = 0; round < 3; round++) {
          await env.within("restart", env.restart());
          const sent = message();
          await env.insist("publish", () => publisher.publish("orders", [sent]));
          await env.eventually("it arrives", () => ids(member.received).includes(sent.id));
        }
        assert.equal(member.ended, false);
      },
    },
    {
      id: "B10/restart-keeps",
      title:
        "the server restarts under load: nothing confirmed is lost, what was held comes again or is settled",
      requires: ["durable"],
      needs: ["restart"],
      async run(env) {
        const [publisher, consumer] = [await env.broker(), await env.broker()];
        const member = await env.member(consumer, { prefetch: 8 }, ackSurely(env));
        const sent = keyedMessages(200, 10);
        await env.within("publish", publisher.publish("orders", sent));
        await env.eventually("some are handled", () => member.received.length >= 20);
        await env.within("restart", env.restart());
        await env.eventually("all are handled", () => {
          const seen = new Set(ids(member.received));
          return sent.every((one) => seen.has(one.id));
        });
      },
    },
    {
      id: "B10/cut",
      title: "the network is cut and comes back",
      requires: ["reach:network"],
      needs: ["network"],
      run: (env) =>
        survives(
          env,
          (proxy) => proxy.cut(),
          (proxy) => proxy.heal(),
        ),
    },
    {
      id: "B10/black-hole",
      title: "the network swallows everything for a while",
      requires: ["reach:network"],
      needs: ["network"],
      run: (env) =>
        survives(
          env,
          (proxy) => proxy.blackHole(),
          (proxy) => proxy.heal(),
        ),
    },
    {
      id: "B10/half-open",
      title: "open connections fall silent for good: the adapter notices and makes new ones",
      requires: ["reach:network"],
      needs: ["network"],
      run: (env) =>
        survives(
          env,
          (proxy) => proxy.strand(),
          () => undefined,
        ),
    },
    {
      id: "B10/half-closed",
      title: "the server ends its side of every connection",
      requires: ["reach:network"],
      needs: ["network"],
      run: (env) =>
        survives(
          env,
          (proxy) => proxy.halfClose(),
          () => undefined,
        ),
    },
    {
      id: "B10/refused",
      title: "connections are cut and new ones refused for a while; both ends of it are reported",
      requires: ["reach:network"],
      needs: ["network"],
      async run(env) {
        await behindProxy(env, async ({ proxy, far, near }) => {
          const member = await env.member(far, {}, ackSurely(env));
          await proxy.refuse();
          proxy.cut();
          await env.eventually("the loss is reported", () =>
            env.reports(far).some((report) => report.kind === "disconnected"),
          );
          await env.pass(env.leaseMs);
          await proxy.heal();
          const sent = message();
          await env.within("publish", near.publish("orders", [sent]));
          await env.eventually("it arrives", () => ids(member.received).includes(sent.id));
          // One connection may be back before another.
          await env.eventually("the return is reported", () => {
            const kinds = env.reports(far).map((report) => report.kind);
            return kinds.lastIndexOf("connected") > kinds.indexOf("disconnected");
          });
        });
      },
    },
    {
      id: "B10/publish-settles",
      title: "publishes while the network is cut or silent all settle, and those that resolve arrive",
      requires: ["reach:network"],
      needs: ["network"],
      async run(env) {
        await behindProxy(env, async ({ proxy, far, near }) => {
          const member = await env.member(near, {}, ackAll);
          const confirmed: string[] = [];
          const publish = (): Promise<void> => {
            const one = message();
            return far.publish("orders", [one]).then(
              () => void confirmed.push(one.id),
              () => undefined,
            );
          };
          const first = Array.from({ length: 50 }, publish);
          proxy.cut();
          const second = Array.from({ length: 50 }, publish);
          await proxy.heal();
          await env.within("every publish", Promise.all([...first, ...second]));
          proxy.strand();
          await env.within("every publish", Promise.all(Array.from({ length: 10 }, publish)));
          await env.eventually("what was confirmed arrives", () => {
            const seen = new Set(ids(member.received));
            return confirmed.every((id) => seen.has(id));
          });
        });
      },
    },
  ],
};
