/** Clients that ask all the time, and count who answered. */
import { setTimeout as pause } from "node:timers/promises";

export interface Sample {
  requests: number;
  /** By backend. */
  readonly answers: Map<string, number>;
  /** Answered with 5xx, or not at all. */
  errors: number;
}

export interface Traffic {
  /** What becomes of the requests that begin from now on: of so many, or fewer where the time is over first. */
  sample(limits: { readonly requests: number; readonly ms: number }): Promise<Sample>;
  stop(): Promise<void>;
}

export const clients = 6;
const thinkingMs = 4;

const newSample = (): Sample => ({ requests: 0, answers: new Map(), errors: 0 });

export function startTraffic(url: string): Traffic {
  const stopped = new AbortController();
  let current = newSample();

  const ask = async (): Promise<void> => {
    const sample = current;
    const answer = await fetch(url).catch(() => undefined);
    await answer?.arrayBuffer().catch(() => undefined);
    const backend = answer?.headers.get("x-backend") ?? "nobody";
    sample.requests += 1;
    sample.answers.set(backend, (sample.answers.get(backend) ?? 0) + 1);
    if (answer === undefined || answer.status >= 500) sample.errors += 1;
  };
  const client = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      await ask();
      await pause(thinkingMs);
    }
  };
  const all = Array.from({ length: clients }, client);

  return {
    async sample({ requests, ms }) {
      const sample = newSample();
      current = sample;
      const end = performance.now() + ms;
      while (sample.requests < requests && performance.now() < end) await pause(thinkingMs);
      current = newSample();
      return { ...sample, answers: new Map(sample.answers) };
    },
    async stop() {
      stopped.abort();
      await Promise.all(all);
    },
  };
}
