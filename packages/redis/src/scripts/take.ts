/**
 * Takes due records (retries, what was given back, what dead members held) for a member, each counted as an attempt.
 *
 * ARGV: group, ordering, member, how many at most, then the partitions to look at
 * Returns: { "lost" } when the member was removed, else { "ok", ms until the next is due or -1, records }; a record is
 *   { partition, record, offset, lane, attempts, failure or "", head, body }
 *
 * Of a lane, what follows the first is taken with it as far as it is due, in order. A lane of which records are held is
 * not due.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const takeScript = script(
  groupLibrary,
  `
if not registered() then return { 'lost' } end
local room, taken, list = tonumber(ARGV[4]), {}, {}
for i = 5, #ARGV do
  local p = ARGV[i]
  if not by_key or redis.call('HGET', G .. ':owner', p) == me then list[#list + 1] = p end
end
local function take_lane(p, lane)
  for _, r in ipairs(redis.call('ZRANGE', G .. ':lane:' .. p .. ':' .. lane, 0, room - #taken - 1)) do
    local f = redis.call('HMGET', record_key(r), 'd', 'o', 'e', 'm', 'b', 'f')
    if tonumber(f[1]) > now then break end
    local attempts = redis.call('HINCRBY', record_key(r), 'n', 1)
    if not f[6] then redis.call('HSET', record_key(r), 'f', text(now)) end
    hold(r, p, lane, me)
    taken[#taken + 1] = { p, r, f[2], lane, attempts, f[3] or '', f[4], f[5] }
  end
  lane_changed(p, lane)
end
for _, p in ipairs(list) do
  if #taken < room then
    for _, lane in ipairs(redis.call('ZRANGEBYSCORE', G .. ':due:' .. p, '-inf', text(now), 'LIMIT', 0, room)) do
      if #taken < room then take_lane(p, lane) end
    end
  end
end
return { 'ok', next_due(list), taken }
`,
);

export type TakenRecord = readonly [
  partition: string,
  record: string,
  offset: string,
  lane: string,
  attempts: number,
  failure: string,
  head: string,
  body: string,
];

export type TakeReply =
  | readonly [verdict: "lost"]
  | readonly [verdict: "ok", dueInMs: number, records: readonly TakenRecord[]];

export function takeRecords(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
  request: { readonly room: number; readonly partitions: Iterable<string> },
): Promise<TakeReply> {
  return run<TakeReply>(connection, takeScript, root, [...who, request.room, ...request.partitions]);
}
