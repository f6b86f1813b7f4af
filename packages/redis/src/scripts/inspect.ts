/**
 * What a group has before it on one channel.
 *
 * ARGV: group, ordering, ""
 * Returns: lag, held, delayed lanes, dead letters, when the oldest message not settled was stored in ms or -1
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const inspectScript = script(
  groupLibrary,
  `
local unread, held, delayed, oldest = 0, 0, 0, nil
local function seen(id)
  local ms = tonumber(string.match(id, '^%d+'))
  if not oldest or ms < oldest then oldest = ms end
end
-- Entries behind an id: exact up to a thousand, else all that the stream has.
local function behind(p, last)
  local found = redis.call('XRANGE', log_key(p), '(' .. last, '+', 'COUNT', 1)
  if #found == 0 then return 0 end
  seen(found[1][1])
  local some = #redis.call('XRANGE', log_key(p), '(' .. last, '+', 'COUNT', 1000)
  return some < 1000 and some or redis.call('XLEN', log_key(p))
end
for p = 0, partitions() - 1 do
  local owner = by_key and redis.call('HGET', G .. ':owner', p)
  local info = (owner or not by_key) and native_info(p, native(owner))
  local last = info and info['last-delivered-id'] or redis.call('HGET', G .. ':cursor', p) or '0-0'
  unread = unread + behind(p, last)
  if info and tonumber(info.pending) > 0 then
    held = held + tonumber(info.pending)
    seen(redis.call('XPENDING', log_key(p), native(owner))[2])
  end
  delayed = delayed + redis.call('ZCOUNT', G .. ':due:' .. p, '(' .. text(now), '+inf')
end
local first = redis.call('ZRANGE', G .. ':records', 0, 0, 'WITHSCORES')
if first[2] then seen(first[2]) end
local lag = unread + held + redis.call('ZCARD', G .. ':records')
for _, member in ipairs(redis.call('ZRANGE', G .. ':members', 0, -1)) do
  held = held + redis.call('SCARD', G .. ':held:' .. member)
end
return { lag, held, delayed, redis.call('ZCARD', G .. ':dead'), oldest or -1 }
`,
);

export type InspectReply = readonly [
  lag: number,
  held: number,
  delayed: number,
  deadLetters: number,
  oldestAt: number,
];

export function inspectGroup(
  connection: Connection,
  root: string,
  group: readonly [name: string, ordering: string],
): Promise<InspectReply> {
  return run<InspectReply>(connection, inspectScript, root, [...group, ""]);
}
