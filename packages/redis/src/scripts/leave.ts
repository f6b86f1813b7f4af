/**
 * Takes a member out of its group and gives back, uncounted, all that it held.
 *
 * ARGV: group, ordering, member
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const leaveScript = script(
  groupLibrary,
  `
if not registered() then return 0 end
remove(me, false)
wake_others('sync')
return 1
`,
);

export async function leaveGroup(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
): Promise<void> {
  await run(connection, leaveScript, root, who);
}
