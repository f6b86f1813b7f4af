/**
 * The dead letters of a group on one channel: a page of them, and what is done with some.
 *
 * List. ARGV: group, "", "", place to begin behind or "", how many
 *   Returns: records, each { place, offset, attempts, first delivery, given up, failure, head, body }, "" for what is missing
 * Redrive. ARGV: group, ordering, "", places
 *   Each goes back as a record of the group that was never delivered. Returns: how many
 * Purge. ARGV: group, "", "", places. Returns: how many
 */
import type { Connection } from "../connection.js";
import { run, runForBytes, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const listScript = script(
  groupLibrary,
  `
local from = ARGV[4] == '' and '-' or '(' .. ARGV[4]
local page = {}
for _, d in ipairs(redis.call('ZRANGEBYLEX', G .. ':dead', from, '+', 'LIMIT', 0, ARGV[5])) do
  local record = { d }
  for _, value in ipairs(redis.call('HMGET', G .. ':dead:' .. d, 'o', 'n', 'f', 't', 'e', 'm', 'b')) do
    record[#record + 1] = value or ''
  end
  page[#page + 1] = record
end
return page
`,
);

const redriveScript = script(
  groupLibrary,
  `
local count = 0
for i = 4, #ARGV do
  local d = ARGV[i]
  if redis.call('ZREM', G .. ':dead', d) == 1 then
    local f = redis.call('HMGET', G .. ':dead:' .. d, 'p', 'o', 'm', 'b')
    redis.call('DEL', G .. ':dead:' .. d)
    local r = sortable(next_id())
    local lane = lane_of(f[3], r)
    add_record(r, { p = f[1], lane = lane, offset = f[2] }, { 'n', 0, 'd', 0, 'm', f[3], 'b', f[4] })
    if lane_changed(f[1], lane) == 'due' then wake_for(f[1]) end
    count = count + 1
  end
end
save_clock()
return count
`,
);

const purgeScript = script(
  groupLibrary,
  `
local count = 0
for i = 4, #ARGV do
  count = count + redis.call('ZREM', G .. ':dead', ARGV[i])
  redis.call('DEL', G .. ':dead:' .. ARGV[i])
end
return count
`,
);

export type DeadRecord = readonly [
  place: Buffer,
  offset: Buffer,
  attempts: Buffer,
  firstAt: Buffer,
  lastAt: Buffer,
  failure: Buffer,
  head: Buffer,
  body: Buffer,
];

const pageSize = 100;

export function listDead(
  connection: Connection,
  root: string,
  group: string,
  behind: string,
): Promise<readonly DeadRecord[]> {
  return runForBytes<readonly DeadRecord[]>(connection, listScript, root, [group, "", "", behind, pageSize]);
}

export function redriveDead(
  connection: Connection,
  root: string,
  group: readonly [name: string, ordering: string],
  places: readonly string[],
): Promise<number> {
  return run<number>(connection, redriveScript, root, [...group, "", ...places]);
}

export function purgeDead(
  connection: Connection,
  root: string,
  group: string,
  places: readonly string[],
): Promise<number> {
  return run<number>(connection, purgeScript, root, [group, "", "", ...places]);
}
