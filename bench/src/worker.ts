/** One end of a contestant's pipe, in a process of its own. Started by `two-processes.ts`, and does what it says. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Contestant, type RunData, type Sample, sample } from "./contestant.js";
import { type Answer, nowMs, type Order, type Start } from "./orders.js";

/** Loaded by the one that needs it, so that no process carries the libraries of the others. */
const contestants: Readonly<Record<string, () => Promise<Contestant>>> = {
  "redis/pipelined": async () => (await import("./redis/raw.js")).pipelined,
  "redis/scripted": async () => (await import("./redis/raw.js")).scripted,
  "redis/broker": async () => (await import("./redis/ours.js")).broker,
  "redis/mesh": async () => (await import("./redis/ours.js")).mesh,
  "redis/raw-groups": async () => (await import("./redis/raw-groups.js")).contestant,
  "redis/bullmq": async () => (await import("./redis/bullmq.js")).contestant,
  "redis/nest": async () => (await import("./redis/nest.js")).contestant,
  "rabbitmq/raw": async () => (await import("./rabbitmq/raw.js")).contestant,
  "rabbitmq/raw-alike": async () => (await import("./rabbitmq/raw.js")).alike,
  "rabbitmq/raw-groups": async () => (await import("./rabbitmq/raw-groups.js")).contestant,
  "rabbitmq/broker": async () => (await import("./rabbitmq/ours.js")).broker,
  "rabbitmq/mesh": async () => (await import("./rabbitmq/ours.js")).mesh,
  "rabbitmq/client": async () => (await import("./rabbitmq/client.js")).contestant,
  "rabbitmq/nest": async () => (await import("./rabbitmq/nest.js")).contestant,
};

type Act = (order: Order) => Promise<Answer | undefined>;

async function main({ contestant: name, role, site }: Start): Promise<void> {
  const contestant = await contestants[name]?.();
  if (contestant === undefined) throw new Error(`There is no contestant ${name}.`);
  const act = role === "consume" ? await consumer(contestant, site) : await producer(contestant, site);
  process.on("message", (order: Order) => void answer(act, order));
  process.send?.({ ready: true } satisfies Answer);
}

async function answer(act: Act, order: Order): Promise<void> {
  process.send?.((await act(order)) ?? {});
  // At once: what a library leaves open is not waited for.
  if (order.kind === "close") process.exit();
}

async function consumer(contestant: Contestant, site: Start["site"]): Promise<Act> {
  let left = Number.POSITIVE_INFINITY;
  let latencies: number[] = [];
  let cpu = process.cpuUsage();
  let done: (answer: Answer) => void = () => undefined;
  let handled: Promise<Answer> | undefined;
  const end = await contestant.consume(site, ({ customData: { sentAtMs } }: RunData) => {
    if (sentAtMs !== undefined) latencies.push(nowMs() - sentAtMs);
    if (--left === 0) done({ atMs: nowMs(), cpuMs: cpuMsSince(cpu), latencies });
  });
  return async (order) => {
    if (order.kind === "expect") {
      left = order.count;
      latencies = [];
      cpu = process.cpuUsage();
      handled = new Promise((resolve) => {
        done = resolve;
      });
    } else if (order.kind === "await") {
      return await handled;
    } else if (order.kind === "idle") {
      const before = process.cpuUsage();
      await sleep(order.ms);
      return { cpuMs: cpuMsSince(before), memoryBytes: process.memoryUsage.rss() };
    } else if (order.kind === "close") {
      await end.close();
    }
    return undefined;
  };
}

async function producer(contestant: Contestant, site: Start["site"]): Promise<Act> {
  const end = await contestant.produce(site);
  return async (order) => {
    const cpu = process.cpuUsage();
    const atMs = nowMs();
    if (order.kind === "flood") await end.flood(order.count);
    else if (order.kind === "pace") await pace(end.send, order);
    else if (order.kind === "close") await end.close();
    return { atMs, tookMs: nowMs() - atMs, cpuMs: cpuMsSince(cpu) };
  };
}

/** So many events a second, each as soon as it is due: a late one is followed by those that were due meanwhile. */
async function pace(
  send: (data: Sample) => Promise<unknown>,
  { count, perSecond }: Order & { readonly kind: "pace" },
): Promise<void> {
  const sent: Promise<unknown>[] = [];
  const begin = nowMs();
  while (sent.length < count) {
    const due = Math.min(count, Math.floor(((nowMs() - begin) * perSecond) / 1_000) + 1);
    while (sent.length < due) {
      sent.push(send({ ...sample, customData: { ...sample.customData, sentAtMs: nowMs() } }));
    }
    await sleep(1);
  }
  await Promise.all(sent);
}

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

// The parent is gone, however that came: so is the run.
process.once("disconnect", () => process.exit());
await main(JSON.parse(process.argv[2] ?? "") as Start);
