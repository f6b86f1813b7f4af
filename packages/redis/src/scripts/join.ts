/**
 * Makes a group exist, and a member of it.
 *
 * ARGV: group, ordering, member, lease in ms, partitions for a new channel, start: "latest", "earliest", or the id
 *   before the first message wanted
 * Returns: { "ok", 1 if the channel is new, 1 if the group is }, or what differs: { "partitions" | "ordering", what exists }
 *
 * Why a script: a group begins at one instant in all partitions.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const joinScript = script(
  groupLibrary,
  `
local lease, wanted, start = tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local partitioned = redis.call('HGET', root, 'partitions')
if partitioned and tonumber(partitioned) ~= wanted then return { 'partitions', partitioned } end
if not partitioned then redis.call('HSET', root, 'partitions', wanted) end
mature()
local existing = redis.call('HGET', root .. ':groups', group)
if existing and existing ~= ordering then return { 'ordering', existing } end
if not existing then
  redis.call('HSET', root .. ':groups', group, ordering)
  for p = 0, wanted - 1 do
    local after = start
    if start == 'earliest' then after = '0-0' end
    if start == 'latest' then
      local info = redis.pcall('XINFO', 'STREAM', log_key(p))
      after = info.err and '0-0' or named(info)['last-generated-id']
    end
    if by_key then redis.call('HSET', G .. ':cursor', p, after)
    else redis.pcall('XGROUP', 'CREATE', log_key(p), native(me), after, 'MKSTREAM') end
  end
end
redis.call('ZADD', G .. ':members', now + lease, me)
set_epoch(me, my_epoch)
redis.pcall('XGROUP', 'CREATE', G .. ':wake:' .. me, native(me), '$', 'MKSTREAM')
return { 'ok', partitioned and 0 or 1, existing and 0 or 1 }
`,
);

export type JoinReply =
  | readonly [verdict: "ok", newChannel: number, newGroup: number]
  | readonly [verdict: "partitions" | "ordering", existing: string];

export interface JoinRequest {
  readonly leaseMs: number;
  readonly partitions: number;
  readonly start: string;
}

export function joinGroup(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
  request: JoinRequest,
): Promise<JoinReply> {
  const { leaseMs, partitions, start } = request;
  return run<JoinReply>(connection, joinScript, root, [...who, leaseMs, partitions, start]);
}
