/**
 * Begins a new epoch of a member. What it asked for in an earlier one and has no answer to either has been done by now, and
 * is found among what it holds, or is refused when it arrives. A blocking read of an earlier epoch ends, since its
 * Redis consumer group is gone; all that it held becomes records that it holds.
 *
 * ARGV: group, ordering, member with its new epoch
 * Returns: 1, or 0 when the member was removed
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const fenceScript = script(
  groupLibrary,
  `
if not redis.call('ZSCORE', G .. ':members', me) then return 0 end
local list = by_key and owned(me) or {}
for _, p in ipairs(list) do vacate(p, me, { attempts = 1, due = 0, holder = me }) end
set_epoch(me, my_epoch)
for _, p in ipairs(list) do own(p) end
redis.pcall('XGROUP', 'CREATE', G .. ':wake:' .. me, native(me), '$', 'MKSTREAM')
return 1
`,
);

/** Returns whether it is still a member. */
export async function fenceMember(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
): Promise<boolean> {
  return (await run<number>(connection, fenceScript, root, who)) === 1;
}
