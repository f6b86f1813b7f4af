/**
 * Removes, a bounded number at a time, entries that are old or beyond the limit and that every group is done with. A hard
 * limit removes more, and counts for each group what it had not been given.
 *
 * ARGV: oldest age to keep in ms, how many messages to keep or -1, hard limit or -1, how many to look at
 * Returns: 1 if there may be more to remove
 *
 * Limits are for the whole channel. Each partition keeps its share of it, as long as it is of the whole.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { channelLibrary } from "./channel-library.js";

const retainScript = script(
  channelLibrary,
  `
local max_age, keep, hard, chunk = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local count = tonumber(redis.call('HGET', root, 'partitions') or 0)
local groups = redis.call('HGETALL', root .. ':groups')

local function parsed(id)
  local ms, seq = string.match(id, '^(%d+)-(%d+)$')
  return { tonumber(ms), tonumber(seq) }
end
local function before(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end

-- For each group its last id given out in a partition, and the first id it holds.
local function places(p)
  local native, found = {}, {}
  for _, one in ipairs(redis.call('XINFO', 'GROUPS', log_key(p))) do
    local info = named(one)
    native[info.name] = info
  end
  for i = 1, #groups, 2 do
    local group, by_key = groups[i], groups[i + 1] == 'key'
    local G = root .. ':group:' .. group
    local owner = by_key and redis.call('HGET', G .. ':owner', p)
    local name = 'none:' .. group
    if owner then name = 'key:' .. owner .. '@' .. (redis.call('HGET', G .. ':epoch', owner) or '') .. ':' .. group end
    local info = native[name]
    local last = info and info['last-delivered-id'] or redis.call('HGET', G .. ':cursor', p) or '0-0'
    local place = { group = G, last = parsed(last) }
    if info and tonumber(info.pending) > 0 then
      place.held = parsed(redis.call('XPENDING', log_key(p), name)[2])
    end
    found[#found + 1] = place
  end
  return found
end

local lengths, total = {}, 0
for p = 0, count - 1 do
  lengths[p] = redis.call('XLEN', log_key(p))
  total = total + lengths[p]
end
local function beyond(limit, p)
  if limit < 0 or total <= limit then return 0 end
  return lengths[p] - math.ceil(limit * lengths[p] / total)
end

local more = 0
for p = 0, count - 1 do
  local excess, hard_excess = beyond(keep, p), beyond(hard, p)
  local old = { now - max_age, 0 }
  local entries = lengths[p] > 0 and redis.call('XRANGE', log_key(p), '-', '+', 'COUNT', 1) or {}
  if entries[1] and (excess > 0 or hard_excess > 0 or before(parsed(entries[1][1]), old)) then
    local groups_at = places(p)
    local cut
    for n, entry in ipairs(redis.call('XRANGE', log_key(p), '-', '+', 'COUNT', chunk)) do
      local id = parsed(entry[1])
      local needed = false
      for _, place in ipairs(groups_at) do
        if before(place.last, id) or (place.held and not before(id, place.held)) then needed = true end
      end
      local unwanted = n <= excess or before(id, old)
      if n > hard_excess and (needed or not unwanted) then break end
      cut = n
      for _, place in ipairs(groups_at) do
        if before(place.last, id) then place.missed = (place.missed or 0) + 1 end
      end
    end
    if cut then
      -- Told before it reads what comes after the gap.
      for _, place in ipairs(groups_at) do
        if place.missed then
          redis.call('INCRBY', place.group .. ':missed', place.missed)
          for _, member in ipairs(redis.call('ZRANGE', place.group .. ':members', 0, -1)) do
            redis.call('XADD', place.group .. ':wake:' .. member, 'MAXLEN', 100, '*', 'w', 'sync')
          end
        end
      end
      redis.call('XTRIM', log_key(p), 'MAXLEN', lengths[p] - cut)
      if cut == chunk then more = 1 end
    end
  end
end
return more
`,
);

export interface RetainRequest {
  readonly maxAgeMs: number;
  readonly maxMessages: number | undefined;
  readonly hardLimit: number | undefined;
}

const chunk = 500;

/** Removes a chunk of each partition. Returns whether there may be more. */
export async function removeOld(
  connection: Connection,
  root: string,
  request: RetainRequest,
): Promise<boolean> {
  const { maxAgeMs, maxMessages = -1, hardLimit = -1 } = request;
  const reply = await run<number>(connection, retainScript, root, [maxAgeMs, maxMessages, hardLimit, chunk]);
  return reply === 1;
}
