/**
 * Reads new entries over all partitions of a member, up to an exact number in all. XREADGROUP alone can only limit how
 * many come from each stream.
 *
 * ARGV: group, ordering, member, how many at most, then the partitions
 * Returns: { streams with entries as XREADGROUP replies, else nothing, the ids to wait behind: one for each partition, then
 *   that of the wake stream, 1 if the member has to be
 *   brought up to date: it was woken, or has lost a partition }
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const readScript = script(
  groupLibrary,
  `
if not registered() then return { {}, {}, 1 } end
local room, found, woken = tonumber(ARGV[4]), {}, false
-- One that is another member's by now must not keep from us what was read from those before it: it is ours to handle.
local function read(key, count)
  local reply = redis.pcall('XREADGROUP', 'GROUP', native(me), me, 'COUNT', count, 'STREAMS', key, '>')
  if reply and reply.err then woken = true
  elseif reply then return reply[1] end
end
for i = 5, #ARGV do
  local stream = room > 0 and read(log_key(ARGV[i]), room)
  if stream then
    found[#found + 1] = stream
    room = room - #stream[2]
  end
end
local own_wake = G .. ':wake:' .. me
if read(own_wake, 100) then woken = true end
local behind = {}
if #found == 0 and not woken then
  for i = 5, #ARGV do
    local info = native_info(ARGV[i], native(me))
    behind[#behind + 1] = info and info['last-delivered-id'] or '0-0'
  end
  behind[#behind + 1] = named(redis.call('XINFO', 'GROUPS', own_wake)[1])['last-delivered-id']
end
return { found, behind, woken and 1 or 0 }
`,
);

/** Entries of one stream, each an id and its fields by name and value in turn. */
export type StreamEntries = readonly [
  stream: string,
  entries: readonly (readonly [id: string, fields: readonly string[]])[],
];

export type ReadReply = readonly [found: readonly StreamEntries[], behind: readonly string[], woken: number];

export function readSome(
  connection: Connection,
  root: string,
  who: readonly [group: string, ordering: string, member: string],
  request: { readonly room: number; readonly partitions: Iterable<string> },
): Promise<ReadReply> {
  return run<ReadReply>(connection, readScript, root, [...who, request.room, ...request.partitions]);
}
