import type { Broker, DeadLetterRecord, DeadLetterShelf } from "@meshwright/core/adapter";
import type { ConformanceEnv } from "./env.js";

/** Everything an iteration of batches yields. */
export async function collect<T>(batches: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const batch of batches) all.push(...batch);
  return all;
}

/** A group's dead letters, once there are at least so many. */
export async function shelf(
  env: ConformanceEnv,
  broker: Broker & DeadLetterShelf,
  group: string,
  atLeast: number,
): Promise<DeadLetterRecord[]> {
  return env.eventually(`${atLeast} dead letters of ${group}`, async () => {
    const records = await env.within("deadLetters", collect(broker.deadLetters({ group })));
    return records.length >= atLeast && records;
  });
}
