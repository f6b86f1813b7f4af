/**
 * Lua for scripts about a group. ARGV[1] is the group's escaped name, ARGV[2] its ordering ("key" or "none"), ARGV[3]
 * the member that asks, as name@epoch: what an earlier epoch of it asks for, late, is refused.
 *
 * G = root:group:<group>
 * G:members        zset: member -> end of its lease
 * G:epoch          hash: member -> its epoch; it begins a new one when it can't know what became of its calls
 * G:asking         set: members that have begun to iterate; partitions are shared out among them
 * G:stalled        set: those of them that have no room or do not ask at the moment
 * G:owner          hash: partition -> member ("key" only)
 * G:cursor         hash: partition -> last id delivered, while nobody owns it ("key" only)
 * G:wake:<member>  stream: what the member's blocking read is woken with; w: "sync" or "take"
 * G:missed         messages a hard limit removed unread, not yet reported
 *
 * What was delivered before and has to be delivered again is a record, with a copy of the message:
 * G:record:<r>     hash: p, l lane, m head, b body, o offset, n attempts, f first delivery, e failure, h holder, d due
 * G:records        zset: all of them by the time the message was stored
 * G:lane:<p>:<l>   zset: the records of a lane that nobody holds, in order. A lane is a key; without order, each record is one
 * G:lanes:<p>      set: lanes with records. What is newer and of such a lane has to wait
 * G:busy:<p>       hash: lane -> how many of its records are held; <member>:<lane> -> how many by that member
 * G:due:<p>        zset: lanes that can be taken from -> when the first one is due. Not those that somebody else than the
 *                  partition's owner holds records of
 * G:held:<member>  set: records it holds
 * G:dead           zset: dead letters in order; G:dead:<d> hash: p, m, b, o, n, f, t last time, e
 */
import { channelLibrary } from "./channel-library.js";

export const groupLibrary: string = `${channelLibrary}
local group, ordering = ARGV[1], ARGV[2]
local me, my_epoch = string.match(ARGV[3], '^(.-)@?(%d*)$')
local G = root .. ':group:' .. group
local by_key = ordering == 'key'

local epochs = {}
local function epoch_of(member)
  epochs[member] = epochs[member] or redis.call('HGET', G .. ':epoch', member) or ''
  return epochs[member]
end
local function set_epoch(member, epoch)
  redis.call('HSET', G .. ':epoch', member, epoch)
  epochs[member] = epoch
end

-- The Redis consumer group a member reads with: its own where keys are ordered, so that destroying it fences the member.
local function native(member)
  if by_key then return 'key:' .. member .. '@' .. epoch_of(member) .. ':' .. group end
  return 'none:' .. group
end

local function partitions() return tonumber(redis.call('HGET', root, 'partitions') or 0) end
local function registered() return redis.call('ZSCORE', G .. ':members', me) and epoch_of(me) == my_epoch end
-- From before the member began a new epoch.
local function overtaken() return epoch_of(me) ~= '' and epoch_of(me) ~= my_epoch end

local function wake(member, why)
  redis.call('XADD', G .. ':wake:' .. member, 'MAXLEN', 100, '*', 'w', why)
end

local function wake_others(why)
  for _, member in ipairs(redis.call('ZRANGE', G .. ':members', 0, -1)) do
    if member ~= me then wake(member, why) end
  end
end

-- Tells who can take due records of a partition.
local function wake_for(p)
  if by_key then
    local owner = redis.call('HGET', G .. ':owner', p)
    if owner then wake(owner, 'take') end
  else
    for _, member in ipairs(redis.call('ZRANGE', G .. ':members', 0, -1)) do wake(member, 'take') end
  end
end

local function record_key(r) return G .. ':record:' .. r end

-- Whether somebody holds records of a lane whom the partition's owner has to wait for.
local function is_barred(p, lane)
  local busy = tonumber(redis.call('HGET', G .. ':busy:' .. p, lane) or 0)
  if busy == 0 then return false end
  local owner = redis.call('HGET', G .. ':owner', p)
  return not owner or tonumber(redis.call('HGET', G .. ':busy:' .. p, owner .. ':' .. lane) or 0) < busy
end

-- Brings due and lanes up to date after a change of a lane.
-- Returns "empty" (gone), "due" (something is to be taken sooner than before), or "same".
local function lane_changed(p, lane)
  local due = G .. ':due:' .. p
  local first = redis.call('ZRANGE', G .. ':lane:' .. p .. ':' .. lane, 0, 0)[1]
  if not first and redis.call('HEXISTS', G .. ':busy:' .. p, lane) == 0 then
    redis.call('SREM', G .. ':lanes:' .. p, lane)
    redis.call('ZREM', due, lane)
    return 'empty'
  end
  if not first or is_barred(p, lane) then
    redis.call('ZREM', due, lane)
    return 'same'
  end
  local at, before = redis.call('HGET', record_key(first), 'd'), redis.call('ZSCORE', due, lane)
  redis.call('ZADD', due, at, lane)
  return (not before or tonumber(at) < tonumber(before)) and 'due' or 'same'
end

local function count_held(p, field, by)
  local key = G .. ':busy:' .. p
  if redis.call('HINCRBY', key, field, by) <= 0 then redis.call('HDEL', key, field) end
end

local function hold(r, p, lane, member)
  redis.call('HSET', record_key(r), 'h', member)
  redis.call('SADD', G .. ':held:' .. member, r)
  redis.call('ZREM', G .. ':lane:' .. p .. ':' .. lane, r)
  count_held(p, lane, 1)
  count_held(p, member .. ':' .. lane, 1)
end

local function no_longer_held(r, p, lane, member)
  redis.call('SREM', G .. ':held:' .. member, r)
  count_held(p, lane, -1)
  count_held(p, member .. ':' .. lane, -1)
end

-- Back into its lane.
local function let_go(r, p, lane, member)
  no_longer_held(r, p, lane, member)
  redis.call('HDEL', record_key(r), 'h')
  redis.call('ZADD', G .. ':lane:' .. p .. ':' .. lane, 0, r)
end

-- fields: flat names and values of the record; p, l and o among them by name in "where".
local function add_record(r, where, fields)
  redis.call('HSET', record_key(r), 'p', where.p, 'l', where.lane, 'o', where.offset, unpack(fields))
  redis.call('ZADD', G .. ':records', string.match(where.offset, '^%d+'), r)
  redis.call('ZADD', G .. ':lane:' .. where.p .. ':' .. where.lane, 0, r)
  redis.call('SADD', G .. ':lanes:' .. where.p, where.lane)
end

-- A record that is held ends.
local function drop_record(r, p, lane, member)
  no_longer_held(r, p, lane, member)
  redis.call('ZREM', G .. ':records', r)
  redis.call('DEL', record_key(r))
end

-- Head and body of an entry; nil when it has been removed. What is not ours comes as a body without a head.
local function stored(p, id)
  local entry = redis.call('XRANGE', log_key(p), id, id)[1]
  if not entry then return nil end
  if #entry[2] == 2 then return entry[2][1], entry[2][2] end
  return '', table.concat(entry[2], '\\n')
end

-- The lane of a message: its key, the third part of its head.
local function lane_of(head, r)
  if not by_key then return r end
  local read, parts = pcall(cjson.decode, head)
  if not read or type(parts) ~= 'table' or type(parts[3]) ~= 'string' then return '' end
  return parts[3]
end

local function first_delivery(p, member, id)
  local pending = redis.call('XPENDING', log_key(p), native(member), id, id, 1)[1]
  return pending and now - pending[3] or now
end

-- Turns what a member was given by XREADGROUP into a record. Returns what became of its
-- lane, or nil when its message is gone.
-- how: attempts, due, holder (nil: nobody), failure
local function set_aside(p, id, member, how)
  local first = first_delivery(p, member, id)
  local head, body = stored(p, id)
  redis.call('XACK', log_key(p), native(member), id)
  if not head then
    redis.call('INCR', G .. ':missed')
    return nil
  end
  local r = sortable(id)
  local lane = lane_of(head, r)
  local fields = { 'n', how.attempts, 'd', text(how.due), 'm', head, 'b', body }
  if how.attempts > 0 then fields[#fields + 1] = 'f'; fields[#fields + 1] = text(first) end
  if how.failure then fields[#fields + 1] = 'e'; fields[#fields + 1] = how.failure end
  add_record(r, { p = p, lane = lane, offset = id }, fields)
  if how.holder then hold(r, p, lane, how.holder) end
  return lane_changed(p, lane)
end

-- The same with all that a member was given of a partition.
local function set_aside_all(p, member, consumer, how)
  while true do
    local pending = redis.pcall('XPENDING', log_key(p), native(member), '-', '+', 500, consumer)
    if pending.err or #pending == 0 then return end
    for _, one in ipairs(pending) do set_aside(p, one[1], member, how) end
  end
end

local function native_info(p, name)
  local groups = redis.pcall('XINFO', 'GROUPS', log_key(p))
  if groups.err then return nil end
  for _, one in ipairs(groups) do
    local info = named(one)
    if info.name == name then return info end
  end
  return nil
end

-- Ends the ownership of a partition and keeps the place. What the owner held becomes records.
local function vacate(p, member, how)
  local info = native_info(p, native(member))
  redis.call('HSET', G .. ':cursor', p, info and info['last-delivered-id'] or '0-0')
  set_aside_all(p, member, member, how)
  if info then redis.call('XGROUP', 'DESTROY', log_key(p), native(member)) end
  redis.call('HDEL', G .. ':owner', p)
end

local function own(p)
  local cursor = redis.call('HGET', G .. ':cursor', p) or '0-0'
  redis.pcall('XGROUP', 'CREATE', log_key(p), native(me), cursor, 'MKSTREAM')
  redis.call('HSET', G .. ':owner', p, me)
  redis.call('HDEL', G .. ':cursor', p)
  for _, lane in ipairs(redis.call('SMEMBERS', G .. ':lanes:' .. p)) do lane_changed(p, lane) end
end

local function owned(member)
  local list, owners = {}, redis.call('HGETALL', G .. ':owner')
  for i = 1, #owners, 2 do
    if owners[i + 1] == member then list[#list + 1] = owners[i] end
  end
  return list
end

-- Takes a member out of the group. counted: whether what it held was an attempt.
local function remove(member, counted)
  local how = { attempts = counted and 1 or 0, due = 0 }
  if by_key then
    for _, p in ipairs(owned(member)) do vacate(p, member, how) end
  else
    for p = 0, partitions() - 1 do
      set_aside_all(p, member, member, how)
      redis.pcall('XGROUP', 'DELCONSUMER', log_key(p), native(member), member)
    end
  end
  for _, r in ipairs(redis.call('SMEMBERS', G .. ':held:' .. member)) do
    local f = redis.call('HMGET', record_key(r), 'p', 'l')
    if f[1] then
      if not counted then redis.call('HINCRBY', record_key(r), 'n', -1) end
      redis.call('HSET', record_key(r), 'd', 0)
      let_go(r, f[1], f[2], member)
      lane_changed(f[1], f[2])
    end
  end
  redis.call('DEL', G .. ':held:' .. member, G .. ':wake:' .. member)
  redis.call('ZREM', G .. ':members', member)
  redis.call('SREM', G .. ':asking', member)
  redis.call('SREM', G .. ':stalled', member)
  redis.call('HDEL', G .. ':epoch', member)
end

-- How long until something is due in these partitions: 0 now, -1 nothing.
local function next_due(list)
  local soonest
  for _, p in ipairs(list) do
    local first = redis.call('ZRANGE', G .. ':due:' .. p, 0, 0, 'WITHSCORES')
    if first[2] and (not soonest or tonumber(first[2]) < soonest) then soonest = tonumber(first[2]) end
  end
  if not soonest then return -1 end
  return math.max(0, soonest - now)
end

-- The partitions a member reads.
local function readable()
  local list = {}
  if by_key then
    list = owned(me)
  else
    for p = 0, partitions() - 1 do list[#list + 1] = tostring(p) end
  end
  return list
end

local function take_missed()
  local missed = redis.call('GET', G .. ':missed')
  if missed then redis.call('DEL', G .. ':missed') end
  return tonumber(missed or 0)
end
`;
