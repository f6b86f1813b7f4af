/**
 * Ends the blocking read of a member.
 *
 * ARGV: group, ordering, member
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const wakeScript = script(groupLibrary, "if registered() then wake(me, 'sync') end return 1");

export async function wakeMember(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
): Promise<void> {
  await run(connection, wakeScript, root, who);
}
