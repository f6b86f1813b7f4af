import { setTimeout as sleep } from "node:timers/promises";
import type { Member } from "./crew.js";

const patienceMs = 30_000;

/**
 * Asks a member to leave in good order, and waits until it is gone. One that doesn't go is killed.
 *
 * @returns whether it went by itself
 */
export async function leave(member: Member): Promise<boolean> {
  const timer = new AbortController();
  member.leave();
  const went = await Promise.race([
    member.gone.then(() => true),
    sleep(patienceMs, false, { signal: timer.signal }).catch(() => true),
  ]);
  timer.abort();
  if (!went) member.signal("SIGKILL");
  await member.gone;
  return went;
}
