/** A process that publishes for ever: some calls at once, few events each, its own keys. */
import { setTimeout as sleep } from "node:timers/promises";
import { nameOf } from "../names.js";
import { seeded, seedOf } from "../random.js";
import { nowMs } from "../time.js";
import { type ChaosMesh, eventType, runWorker, type Worker } from "./process.js";

const callsAtOnce = 8;
const keys = 24;
/** About a hundred events a second. */
const longestPauseMs = 400;

await runWorker(
  () => undefined,
  async (mesh, worker) => {
    const next = eventSource(worker);
    await Promise.all(Array.from({ length: callsAtOnce }, () => publishUntilStopped(mesh, worker, next)));
  },
);

interface Source {
  readonly random: () => number;
  /** A new event, the next one of some key of this process. */
  event(): { readonly id: string; readonly key: string };
}

function eventSource({ settings: { seed, name } }: Worker): Source {
  const random = seeded(seedOf(`${seed} ${name}`));
  const numbers = new Map<string, number>();
  return {
    random,
    event() {
      // The square makes some keys busier than others.
      const key = `${name}-${Math.floor(random() ** 2 * keys)}`;
      const number = (numbers.get(key) ?? 0) + 1;
      numbers.set(key, number);
      return nameOf(key, number);
    },
  };
}

/** What is refused is not published again: its number stays a gap. */
async function publishUntilStopped(mesh: ChaosMesh, worker: Worker, source: Source): Promise<void> {
  while (!worker.stopping()) {
    const events = Array.from({ length: 1 + Math.floor(source.random() * 4) }, () => source.event());
    const padding = "x".repeat(Math.floor(source.random() * 800));
    const askedAt = nowMs();
    try {
      await mesh.publishAll(events.map(({ id, key }) => ({ type: eventType, data: { padding }, id, key })));
      worker.write({ kind: "confirmed", at: nowMs(), askedAt, ids: events.map(({ id }) => id) });
      worker.worked();
    } catch {
      // Not confirmed: it may have been stored or not.
    }
    await sleep(source.random() * longestPauseMs);
  }
}
