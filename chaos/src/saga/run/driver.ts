/** Starts sagas and answers them, as their plans say. It is at home in the run's own process, to which nothing happens. */
import { setTimeout as sleep } from "node:timers/promises";
import { createMesh } from "@meshwright/core";
import { redisBroker } from "@meshwright/redis";
import { answered, catalog, namespace, opened } from "../events.js";
import { planOf } from "../plan.js";
import { otherLeaseMs } from "../settings.js";

export interface DriverOptions {
  /** URL of the broker. */
  readonly broker: string;
  readonly seed: number;
  /** From one start to the next, in milliseconds. */
  readonly everyMs: number;
}

export interface Driver extends AsyncDisposable {
  /** Starts no more. Resolves with the names of all that were, when each has its answer. */
  finish(): Promise<readonly string[]>;
}

export async function startDriver({ broker: url, seed, everyMs }: DriverOptions): Promise<Driver> {
  const mesh = createMesh({
    service: "chaos-driver",
    namespace,
    catalog,
    broker: redisBroker({ url, lease: otherLeaseMs, timeout: otherLeaseMs }),
  });
  await mesh.start();
  const stop = new AbortController();
  const { signal } = stop;

  /** The broker may be down just now. By its id it is known when it comes again. */
  const tell = async (type: typeof opened | typeof answered, name: string): Promise<void> => {
    for (;;) {
      try {
        await mesh.publish(type.type, { name }, { id: `${type.type} ${name}`, key: name });
        return;
      } catch {
        await sleep(200);
      }
    }
  };
  const drive = async (name: string): Promise<void> => {
    const { answer, apartMs } = planOf(name);
    if (answer === "early") {
      await tell(answered, name);
      await sleep(apartMs);
    }
    await tell(opened, name);
    if (answer === "early" || answer === "never") return;
    await sleep(apartMs);
    await tell(answered, name);
  };

  const names: string[] = [];
  const driven: Promise<void>[] = [];
  const driving = (async () => {
    while (!signal.aborted) {
      const name = `${seed}-${names.length + 1}`;
      names.push(name);
      driven.push(drive(name));
      await sleep(everyMs, undefined, { signal }).catch(() => undefined);
    }
  })();
  return {
    async finish() {
      stop.abort();
      await driving;
      await Promise.all(driven);
      return names;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await mesh.stop({ timeout: "5s" });
    },
  };
}
