/**
 * A member's heartbeat: renews its lease, removes dead members, shares out the partitions, moves delayed messages.
 *
 * ARGV: group, ordering, member, lease in ms, mode
 *   mode "present": no more than that; "asking": it wants to read; "hungry": it reads and finds nothing; "stalled": it has
 *   no room, or does not ask
 * Returns: { "lost" } when the member was removed, or all data is gone, else
 *   { "ok", partitions it reads, each with the lanes that wait there,
 *     ms until a record is due or -1, ms until a delayed message is due or -1, missed messages,
 *     how many messages it holds, 1 if a stream was gone and had to be made anew }
 *
 * Sharing: a free partition goes to a member that has less than its share among those not stalled; a member takes one
 * from whoever has at least two more; a hungry member takes those of stalled ones. The former owner keeps what it holds, as records, so a partition
 * moves at once, however long handlers run.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const syncScript = script(
  groupLibrary,
  `
local lease, mode = tonumber(ARGV[4]), ARGV[5]
if not registered() then return { 'lost' } end
redis.call('ZADD', G .. ':members', now + lease, me)

local own_wake = G .. ':wake:' .. me
redis.pcall('XGROUP', 'CREATE', own_wake, native(me), '$', 'MKSTREAM')
for _, one in ipairs(redis.call('XPENDING', own_wake, native(me), '-', '+', 100)) do
  redis.call('XACK', own_wake, native(me), one[1])
end

local changed, anew = false, 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', G .. ':members', '-inf', text(now))) do
  remove(member, true)
  changed = true
end
if not by_key then
  -- A member that was removed while its process stood still may have read once more.
  for p = 0, partitions() - 1 do
    local consumers = redis.pcall('XINFO', 'CONSUMERS', log_key(p), native(me))
    if consumers.err then
      redis.call('XGROUP', 'CREATE', log_key(p), native(me), '0-0', 'MKSTREAM')
      anew = 1
    else
      for _, one in ipairs(consumers) do
        local name = named(one).name
        if not redis.call('ZSCORE', G .. ':members', name) then
          set_aside_all(p, name, name, { attempts = 1, due = 0 })
          redis.call('XGROUP', 'DELCONSUMER', log_key(p), native(me), name)
          changed = true
        end
      end
    end
  end
end

if mode ~= 'present' then
  if redis.call('SADD', G .. ':asking', me) == 1 then changed = true end
  if mode == 'stalled' then
    if redis.call('SADD', G .. ':stalled', me) == 1 then changed = true end
  else
    redis.call('SREM', G .. ':stalled', me)
  end
end

local function share_out()
  local count, owner, mine = {}, {}, 0
  local asking = redis.call('SMEMBERS', G .. ':asking')
  for _, member in ipairs(asking) do count[member] = 0 end
  local owners = redis.call('HGETALL', G .. ':owner')
  for i = 1, #owners, 2 do
    owner[tonumber(owners[i])] = owners[i + 1]
    count[owners[i + 1]] = (count[owners[i + 1]] or 0) + 1
  end
  local function take_from(p, member)
    if member then
      vacate(p, member, { attempts = 1, due = 0, holder = member })
      wake(member, 'sync')
      count[member] = count[member] - 1
    end
    own(p)
    owner[p] = me
    count[me] = count[me] + 1
  end
  local share = math.ceil(partitions() / (#asking - redis.call('SCARD', G .. ':stalled')))
  for p = 0, partitions() - 1 do
    if not owner[p] and count[me] < share then take_from(p) end
    if mode == 'hungry' and owner[p] and owner[p] ~= me
      and redis.call('SISMEMBER', G .. ':stalled', owner[p]) == 1 then take_from(p, owner[p]) end
  end
  for p = 0, partitions() - 1 do
    if owner[p] and owner[p] ~= me and count[owner[p]] >= count[me] + 2 then take_from(p, owner[p]) end
  end
end
if by_key and (mode == 'asking' or mode == 'hungry') then share_out() end
if changed then
  wake_others('sync')
  wake(me, 'sync')
end

local list, read, held = readable(), {}, redis.call('SCARD', G .. ':held:' .. me)
for _, p in ipairs(list) do
  -- Told each time: a partition may have gone and come back since the member was told last.
  read[#read + 1] = { p, by_key and redis.call('SMEMBERS', G .. ':lanes:' .. p) or {} }
  local pending = redis.pcall('XPENDING', log_key(p), native(me))
  if pending.err then
    redis.call('XGROUP', 'CREATE', log_key(p), native(me), '0-0', 'MKSTREAM')
    anew = 1
  end
  for _, one in ipairs(not pending.err and pending[4] or {}) do
    if one[1] == me then held = held + tonumber(one[2]) end
  end
end
return { 'ok', read, next_due(list), mature(), take_missed(), held, anew }
`,
);

export type SyncMode = "present" | "asking" | "hungry" | "stalled";

export type SyncReply =
  | readonly [verdict: "lost"]
  | readonly [
      verdict: "ok",
      partitions: readonly (readonly [partition: string, lanes: readonly string[]])[],
      dueInMs: number,
      delayedInMs: number,
      missed: number,
      held: number,
      anew: number,
    ];

export interface SyncRequest {
  readonly leaseMs: number;
  readonly mode: SyncMode;
}

export function syncMember(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
  { leaseMs, mode }: SyncRequest,
): Promise<SyncReply> {
  return run<SyncReply>(connection, syncScript, root, [...who, leaseMs, mode]);
}
