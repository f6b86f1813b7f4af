/**
 * All that Redis thinks a member holds, to be compared with what it does hold: a reply may have been lost on its way.
 *
 * ARGV: group, ordering, member
 * Returns: { "lost" }, or { "ok", records held, then for each partition: { partition, lanes that wait, ids of entries } }
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const straysScript = script(
  groupLibrary,
  `
if not registered() then return { 'lost' } end
local list = {}
for _, p in ipairs(readable()) do
  local ids, from = {}, '-'
  while true do
    local pending = redis.pcall('XPENDING', log_key(p), native(me), from, '+', 500, me)
    if pending.err or #pending == 0 then break end
    for _, one in ipairs(pending) do ids[#ids + 1] = one[1] end
    from = '(' .. ids[#ids]
  end
  list[#list + 1] = { p, by_key and redis.call('SMEMBERS', G .. ':lanes:' .. p) or {}, ids }
end
return { 'ok', redis.call('SMEMBERS', G .. ':held:' .. me), list }
`,
);

export type StraysReply =
  | readonly [verdict: "lost"]
  | readonly [
      verdict: "ok",
      records: readonly string[],
      partitions: readonly (readonly [partition: string, lanes: readonly string[], ids: readonly string[]])[],
    ];

export function findStrays(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
): Promise<StraysReply> {
  return run<StraysReply>(connection, straysScript, root, who);
}
