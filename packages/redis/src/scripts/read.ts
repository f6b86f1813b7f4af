/**
 * Reads new entries over all partitions of a member, up to an exact number in all. XREADGROUP alone can only limit how
 * many come from each stream.
 *
 * ARGV: group, ordering, member, how many at most, then the partitions
 * Returns: { streams with entries as XREADGROUP replies, else nothing, the ids to wait behind: one for each partition, then
 *   that of the wake stream, 1 if the member was woken, or was removed }
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { groupLibrary } from "./group-library.js";

const readScript = script(
  groupLibrary,
  `
if not registered() then return { {}, {}, 1 } end
local room, found = tonumber(ARGV[4]), {}
local own_wake = G .. ':wake:' .. me
for i = 5, #ARGV do
  if room > 0 then
    local reply = redis.call('XREADGROUP', 'GROUP', native(me), me, 'COUNT', room, 'STREAMS', log_key(ARGV[i]), '>')
    if reply then
      found[#found + 1] = reply[1]
      room = room - #reply[1][2]
    end
  end
end
local woken = redis.call('XREADGROUP', 'GROUP', native(me), me, 'STREAMS', own_wake, '>')
local behind = {}
if #found == 0 then
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
