/** Runs a contestant in two processes: one publishes, one handles, this one measures. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Site } from "./contestant.js";
import type { Answer, Order, Start } from "./orders.js";
import { cpuMsOf, type Place } from "./place.js";

/** How a contestant takes part. */
export interface Entrant {
  /** As tables name it. */
  readonly name: string;
  /** As `worker.ts` knows it. */
  readonly contestant: string;
  readonly ordering?: Site["ordering"];
  readonly channels?: number;
  readonly groups?: number;
}

export interface Throughput {
  /** From the first publish to the end of the last handler. */
  readonly perSecond: number;
  /** Microseconds of processor for each event. */
  readonly cpu: { readonly producer: number; readonly consumer: number; readonly server: number };
}

/** As many events as fast as they go, after a quarter of them to warm up. */
export function measureThroughput(entrant: Entrant, place: Place, count: number): Promise<Throughput> {
  return withPair(entrant, place, async (pair) => {
    const warming = Math.ceil(count / 4);
    await through(pair, { kind: "flood", count: warming });
    const before = cpuMsOf(place.pid);
    const [first, last] = await through(pair, { kind: "flood", count });
    const server = cpuMsOf(place.pid) - before;
    const ms = (last.atMs ?? Number.NaN) - (first.atMs ?? Number.NaN);
    const micros = (cpuMs = Number.NaN): number => (cpuMs * 1_000) / count;
    const cpu = { producer: micros(first.cpuMs), consumer: micros(last.cpuMs), server: micros(server) };
    return { perSecond: (count * 1_000) / ms, cpu };
  });
}

/** The latencies of so many events at a pace, after as many to warm up: code that the compiler has not seen to yet is slow. */
export function measureLatency(
  entrant: Entrant,
  place: Place,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<readonly number[]> {
  return withPair(entrant, place, async (pair) => {
    await through(pair, { kind: "pace", count, perSecond });
    const [, { latencies = [] }] = await through(pair, { kind: "pace", count, perSecond });
    return latencies;
  });
}

/** Publishes, and waits until all is handled by each group. What both ends say then. */
export async function through(
  { consumer, producer }: Pair,
  order: Order & { readonly kind: "flood" | "pace" },
  groups = 1,
): Promise<[produced: Answer, consumed: Answer]> {
  await consumer.ask({ kind: "expect", count: order.count * groups });
  return Promise.all([producer.ask(order), consumer.ask({ kind: "await" })]);
}

export interface Pair {
  readonly consumer: Worker;
  readonly producer: Worker;
}

let runs = 0;

export async function withPair<T>(
  entrant: Entrant,
  { url }: Place,
  work: (pair: Pair) => Promise<T>,
): Promise<T> {
  const { contestant, ordering = "none", channels = 1, groups = 1 } = entrant;
  const site: Site = { url, name: `bench-${process.pid}-${runs++}`, ordering, channels, groups };
  // First the consumer: a contestant that stores nothing must not miss the first events.
  await using consumer = await startWorker({ contestant, role: "consume", site }, entrant.name);
  await using producer = await startWorker({ contestant, role: "produce", site }, entrant.name);
  const result = await work({ consumer, producer });
  await Promise.all([producer.end(), consumer.end()]);
  return result;
}

export interface Worker extends AsyncDisposable {
  ask(order: Order): Promise<Answer>;
  /** Asks it to leave the server in good order, and resolves when its process has ended by itself. */
  end(): Promise<void>;
}

/** Longer than anything takes that goes well: also to make a thousand groups. What is lost would be waited for forever. */
const patienceMs = 180_000;

async function startWorker(start: Start, name: string): Promise<Worker> {
  const child = fork(fileURLToPath(new URL("./worker.js", import.meta.url)), [JSON.stringify(start)]);
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => resolve());
  });
  const who = `${name}, ${start.role}`;
  const worker: Worker = {
    ask(order) {
      const answered = nextAnswer(child, `${who}, ${order.kind}`);
      if (child.connected) child.send(order);
      return answered;
    },
    async end() {
      await worker.ask({ kind: "close" });
      await exited;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await exited;
    },
  };
  try {
    await nextAnswer(child, `${who}, start`);
  } catch (error) {
    await worker[Symbol.asyncDispose]();
    throw error;
  }
  return worker;
}

/** Each order has one answer, and there is one order at a time. */
function nextAnswer(child: ChildProcess, what: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const done = (end: () => void): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("exit", onExit);
      end();
    };
    const onMessage = (answer: Answer): void => done(() => resolve(answer));
    const onExit = (): void => done(() => reject(new Error(`${what}: the process ended.`)));
    const timer = setTimeout(
      () => done(() => reject(new Error(`${what}: no answer in ${patienceMs / 1_000} s; events were lost.`))),
      patienceMs,
    );
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}
