/** After the storm: whoever is still there must work without help, and leave when asked. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Fleet } from "./fleet.js";
import { leave } from "./leave.js";

/** How long it may take until a process has work, and does it. */
const patienceMs = 30_000;

/** @returns who did nothing any more; who has fallen is left out */
export async function rollCall<Role extends string>(fleet: Fleet<Role>): Promise<string[]> {
  const timer = new AbortController();
  const late = sleep(patienceMs, "late", { signal: timer.signal });
  late.catch(() => undefined);
  const answers = await Promise.all(
    fleet.members().map(async (member) => {
      const answer = await Promise.race([member.alive().catch(() => "gone"), late]);
      return answer === "late" ? [`${member.name} does no work any more`] : [];
    }),
  );
  timer.abort();
  return answers.flat();
}

/** Ends all processes of a role. @returns who had to be killed */
export async function endAll<Role extends string>(fleet: Fleet<Role>, role: Role): Promise<string[]> {
  const ends = await Promise.all(
    fleet.members(role).map(async (member) => {
      const went = await leave(member);
      fleet.remove(member);
      return went ? [] : [`${member.name} did not leave when it was asked to`];
    }),
  );
  return ends.flat();
}
