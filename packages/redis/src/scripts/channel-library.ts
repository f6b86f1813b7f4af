/**
 * Lua that every script begins with: the keys of a channel, its clock, and appending.
 *
 * KEYS[1] is the root key of the channel. Every other key a script touches is the root with a suffix, so it carries
 * the same hash tag and lives in the same slot of a cluster.
 *
 * root            hash: partitions, and the clock (ms, seq): ids only grow, over all partitions
 * root:groups     hash: group -> ordering
 * root:log:<p>    stream; an entry has one field: its name is the head of the message, its value the body
 * root:later      zset: messages with deliverAt by their due time; root:later:<place> hash: p, m head, b body
 */
export const channelLibrary = `
local root = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function text(number) return string.format('%.0f', number) end
local log_keys = {}
local function log_key(p)
  local key = log_keys[p]
  if not key then
    key = root .. ':log:' .. p
    log_keys[p] = key
  end
  return key
end

-- "1700000000000-7" as text that sorts like the id.
local function sortable(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return string.rep('0', 15 - #ms) .. ms .. '-' .. string.rep('0', 20 - #seq) .. seq
end

-- Redis replies to XINFO with a flat list of names and values.
local function named(list)
  local fields = {}
  for i = 1, #list, 2 do fields[list[i]] = list[i + 1] end
  return fields
end

local clock_ms, clock_seq, clock_text
local function next_id()
  if not clock_ms then
    local saved = redis.call('HMGET', root, 'ms', 'seq')
    clock_ms, clock_seq = tonumber(saved[1] or 0), tonumber(saved[2] or 0)
    if now > clock_ms then clock_ms, clock_seq = now, -1 end
    clock_text = text(clock_ms) .. '-'
  end
  clock_seq = clock_seq + 1
  return clock_text .. clock_seq
end

local function save_clock()
  if clock_ms then redis.call('HSET', root, 'ms', text(clock_ms), 'seq', text(clock_seq)) end
end

local function append(p, head, body)
  local key = log_key(p)
  local added = redis.pcall('XADD', key, next_id(), head, body)
  if type(added) ~= 'table' then return added end
  -- Somebody has added an entry with an id of the server's clock, which is ahead of ours.
  local last = redis.pcall('XINFO', 'STREAM', key)
  if last.err then return error(added.err) end
  local ms, seq = string.match(named(last)['last-generated-id'], '^(%d+)-(%d+)$')
  clock_ms, clock_seq, clock_text = tonumber(ms), tonumber(seq), ms .. '-'
  return redis.call('XADD', key, next_id(), head, body)
end

-- Puts delayed messages whose time has come into the log. Returns how long until the next one, or -1.
local function mature()
  local key = root .. ':later'
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', key, '-inf', text(now), 'LIMIT', 0, 200)) do
    local record = root .. ':later:' .. place
    local f = redis.call('HMGET', record, 'p', 'm', 'b')
    append(f[1], f[2], f[3])
    redis.call('DEL', record)
    redis.call('ZREM', key, place)
  end
  save_clock()
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return first[2] and math.max(0, first[2] - now) or -1
end
`;
