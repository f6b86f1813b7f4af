/**
 * Ends the blocking read of a member.
 *
 * ARGV: group, ordering, member
 */
import { type Client, run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const wakeScript = script(groupLibrary, "if registered() then wake(me, 'sync') end return 1");

export async function wakeMember(
  client: Client,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
): Promise<void> {
  await run(client, wakeScript, root, who);
}
