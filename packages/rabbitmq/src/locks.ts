/** Locks in the server: a queue that only the connection which made it may use, and that goes with it. */
import type { Clock } from "@meshwright/core/adapter";
import { brokerError, replyCode } from "./errors.js";
import type { Link } from "./link.js";

const pauseMs = 25;

/** In this process: a connection would share its own lock with itself. */
const local = new WeakMap<Link, Map<string, Promise<unknown>>>();

/** Does something while nobody else does it under this name; waits its turn, for as long as the connection lasts. */
export async function locked<T>(link: Link, clock: Clock, name: string, work: () => Promise<T>): Promise<T> {
  const turns = local.get(link) ?? new Map<string, Promise<unknown>>();
  local.set(link, turns);
  const before = turns.get(name) ?? Promise.resolve();
  const mine = before.then(() => remotely(link, clock, name, work));
  const quiet = mine.catch(() => undefined);
  turns.set(name, quiet);
  void quiet.then(() => turns.get(name) === quiet && turns.delete(name));
  return mine;
}

async function remotely<T>(link: Link, clock: Clock, name: string, work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      await link.once((channel) =>
        channel.assertQueue(name, { exclusive: true, durable: false, autoDelete: false }),
      );
      break;
    } catch (error) {
      if (replyCode(error) !== 405) throw brokerError(error, "waiting for a lock", "configure");
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
    }
  }
  try {
    return await work();
  } finally {
    await link.once((channel) => channel.deleteQueue(name)).catch(() => undefined);
  }
}
