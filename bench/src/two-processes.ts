/** Runs a contestant in two processes: one publishes, one handles, this one measures. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Site } from "./contestant.js";
import type { Answer, Order, Start } from "./orders.js";

/** How a contestant takes part. */
export interface Entrant {
  /** As tables name it. */
  readonly name: string;
  /** As `worker.ts` knows it. */
  readonly contestant: string;
  readonly ordering?: Site["ordering"];
}

export interface Throughput {
  /** From the first publish to the end of the last handler. */
  readonly perSecond: number;
  /** Microseconds of processor for each event. */
  readonly producerCpu: number;
  readonly consumerCpu: number;
}

/** As many events as fast as they go, after a quarter of them to warm up. */
export function measureThroughput(entrant: Entrant, url: string, count: number): Promise<Throughput> {
  return withPair(entrant, url, async (pair) => {
    const warming = Math.ceil(count / 4);
    await through(pair, { kind: "flood", count: warming });
    const [first, last] = await through(pair, { kind: "flood", count });
    const ms = (last.atMs ?? Number.NaN) - (first.atMs ?? Number.NaN);
    const micros = ({ cpuMs = Number.NaN }: Answer): number => (cpuMs * 1_000) / count;
    return { perSecond: (count * 1_000) / ms, producerCpu: micros(first), consumerCpu: micros(last) };
  });
}

/** The latencies of so many events at a pace, after half of them to warm up. */
export function measureLatency(
  entrant: Entrant,
  url: string,
  { count, perSecond }: { readonly count: number; readonly perSecond: number },
): Promise<readonly number[]> {
  return withPair(entrant, url, async (pair) => {
    await through(pair, { kind: "pace", count: Math.ceil(count / 2), perSecond });
    const [, { latencies = [] }] = await through(pair, { kind: "pace", count, perSecond });
    return latencies;
  });
}

/** Publishes, and waits until all is handled. What both ends say then. */
async function through(
  { consumer, producer }: Pair,
  order: Order & { readonly count: number },
): Promise<[produced: Answer, consumed: Answer]> {
  await consumer.ask({ kind: "expect", count: order.count });
  return Promise.all([producer.ask(order), consumer.ask({ kind: "await" })]);
}

interface Pair {
  readonly consumer: Worker;
  readonly producer: Worker;
}

let runs = 0;

async function withPair<T>(entrant: Entrant, url: string, work: (pair: Pair) => Promise<T>): Promise<T> {
  const { contestant, ordering = "none" } = entrant;
  const site: Site = { url, name: `bench-${process.pid}-${runs++}`, ordering };
  // First the consumer: a contestant that stores nothing must not miss the first events.
  await using consumer = await startWorker({ contestant, role: "consume", site }, entrant.name);
  await using producer = await startWorker({ contestant, role: "produce", site }, entrant.name);
  const result = await work({ consumer, producer });
  await Promise.all([producer.ask({ kind: "close" }), consumer.ask({ kind: "close" })]);
  return result;
}

interface Worker extends AsyncDisposable {
  ask(order: Order): Promise<Answer>;
}

/** Longer than anything takes that goes well. What is lost would be waited for forever. */
const patienceMs = 60_000;

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
