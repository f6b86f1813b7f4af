/**
 * Records what became of messages that a member holds. What it does not hold any more is passed over and counted.
 *
 * ARGV: group, ordering, member, JSON of changes, then for each partition: partition, how many, how many of them have been
 *   acknowledged already, ids to acknowledge
 *   a change: { partition, id of the entry or "", record, "ack" | "retry" | "release" | "dead", delay in ms, failure }
 * Returns: { how many came too late (-1: the member has begun a new epoch; nothing was done), lanes that are empty now: partition, lane, partition, lane … }
 *
 * Acknowledged entries are looked for in what the member was given by XREADGROUP first, and then among the records: its
 * partition may have moved to another member meanwhile.
 */
import type { Connection } from "../connection.js";
import { logKey, nativeGroup } from "../keys.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const settleScript = script(
  groupLibrary,
  `
if overtaken() then return { -1, {} } end
local late, emptied = 0, {}

-- The place of a record that this member holds.
local function held_record(r)
  local f = redis.call('HMGET', record_key(r), 'h', 'p', 'l')
  if f[1] == me then return f[2], f[3] end
  return nil
end

local function finish(r)
  local p, lane = held_record(r)
  if not p then return false end
  drop_record(r, p, lane, me)
  local state = lane_changed(p, lane)
  if state == 'due' then wake_for(p) end
  if state == 'empty' then emptied[#emptied + 1] = { p, lane } end
  return true
end

local function shelve(fields, failure)
  local d = sortable(next_id())
  save_clock()
  redis.call('HSET', G .. ':dead:' .. d, 't', text(now), unpack(fields))
  redis.call('HSET', G .. ':dead:' .. d, 'e', failure)
  redis.call('HDEL', G .. ':dead:' .. d, 'h', 'd', 'l')
  redis.call('ZADD', G .. ':dead', 0, d)
end

local function give_back(r, how, due, failure)
  local p, lane = held_record(r)
  if not p then return false end
  if how == 'release' then redis.call('HINCRBY', record_key(r), 'n', -1) end
  redis.call('HSET', record_key(r), 'd', due)
  if failure ~= '' then redis.call('HSET', record_key(r), 'e', failure) end
  let_go(r, p, lane, me)
  if lane_changed(p, lane) == 'due' then wake_for(p) end
  return true
end

local function settle_record(r, outcome, due, failure)
  if outcome == 'ack' then return finish(r) end
  if outcome ~= 'dead' then return give_back(r, outcome, due, failure) end
  if not held_record(r) then return false end
  shelve(redis.call('HGETALL', record_key(r)), failure)
  return finish(r)
end

-- The same for what XREADGROUP gave.
local function settle_entry(p, id, outcome, due, failure)
  if outcome == 'ack' then
    redis.call('XACK', log_key(p), native(me), id)
  elseif outcome == 'dead' then
    local first = first_delivery(p, me, id)
    local head, body = stored(p, id)
    redis.call('XACK', log_key(p), native(me), id)
    if not head then return redis.call('INCR', G .. ':missed') end
    shelve({ 'p', p, 'm', head, 'b', body, 'o', id, 'n', 1, 'f', text(first) }, failure)
  else
    local how = { attempts = outcome == 'retry' and 1 or 0, due = due, failure = failure ~= '' and failure or nil }
    if set_aside(p, id, me, how) == 'due' then wake_for(p) end
  end
end

local function is_pending(p, id)
  if id == '' then return false end
  local pending = redis.pcall('XPENDING', log_key(p), native(me), id, id, 1, me)
  return not pending.err and #pending > 0
end

for _, change in ipairs(cjson.decode(ARGV[4])) do
  local p, id, r, outcome, delay, failure = unpack(change)
  local due = outcome == 'retry' and now + delay or 0
  if is_pending(p, id) then settle_entry(p, id, outcome, due, failure)
  elseif not settle_record(r, outcome, text(due), failure) then late = late + 1 end
end

local i = 5
while i <= #ARGV do
  local p, count, done = ARGV[i], tonumber(ARGV[i + 1]), tonumber(ARGV[i + 2])
  local first, last = i + 3, i + 2 + count
  for from = first, last, 4000 do
    done = done + redis.call('XACK', log_key(p), native(me), unpack(ARGV, from, math.min(from + 3999, last)))
  end
  if done < count then
    for at = first, last do
      if finish(sortable(ARGV[at])) then done = done + 1 end
    end
    late = late + count - done
  end
  i = last + 1
end

-- Another change of this very call may have put something into a lane again.
local empty = {}
for _, one in ipairs(emptied) do
  if redis.call('SISMEMBER', G .. ':lanes:' .. one[1], one[2]) == 0 then
    empty[#empty + 1] = one[1]
    empty[#empty + 1] = one[2]
  end
end
return { late, empty }
`,
);

/** A change of one message; see above. */
export type Change = readonly [
  partition: string,
  id: string,
  record: string,
  outcome: "ack" | "retry" | "release" | "dead",
  delayMs: number,
  failure: string,
];

export type SettleReply = readonly [late: number, empty: readonly string[]];

type Who = readonly [group: string, ordering: string, member: string];

export async function settleMessages(
  connection: Connection,
  root: string,
  who: Who,
  request: {
    readonly changes: readonly Change[];
    readonly acks: ReadonlyMap<string, readonly string[]>;
  },
): Promise<SettleReply> {
  const { changes } = request;
  const acks = [...request.acks].map(([partition, ids]): Acks => ({ partition, ids, done: 0 }));
  const left = changes.length > 0 ? acks : await acknowledge(connection, root, who, acks);
  if (changes.length === 0 && left.length === 0) return [0, []];
  const args = left.flatMap(({ partition, ids, done }) => [partition, ids.length, done, ...ids]);
  return run<SettleReply>(connection, settleScript, root, [...who, JSON.stringify(changes), ...args]);
}

interface Acks {
  readonly partition: string;
  readonly ids: readonly string[];
  /** How many have been acknowledged. */
  readonly done: number;
}

/**
 * The usual case needs no script: what XREADGROUP gave is acknowledged in its group. The group's name has the member's
 * epoch in it, so nothing happens that is late. Returns those of which not all were found there.
 */
async function acknowledge(
  connection: Connection,
  root: string,
  [group, ordering, member]: Who,
  acks: readonly Acks[],
): Promise<readonly Acks[]> {
  const native = nativeGroup(group, ordering, member);
  const each = async ({ partition, ids }: Acks): Promise<Acks> => {
    const done = Number(await connection.call("XACK", [logKey(root, partition), native, ...ids]));
    return { partition, ids, done };
  };
  const tried = await Promise.all(acks.map(each));
  return tried.filter(({ ids, done }) => done < ids.length);
}
