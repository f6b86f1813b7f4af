/**
 * Appends messages to a channel, all or none, in order.
 *
 * ARGV: how many partitions the channel has if it does not exist yet, then for each message:
 *   partition, due time in ms (0: now), head, body
 * Returns: partitions the channel has, 1 if the channel is new, ms until the next delayed message or -1.
 * Appends nothing if the channel has another number of partitions: then the caller picked wrong ones.
 *
 * Why a script: ids grow over all partitions of the channel, so that an id is a place in it; and one call carries
 * hundreds of messages.
 */
import type { Connection } from "../connection.js";
import { run, script } from "../script.js";
import { channelLibrary } from "./channel-library.js";

const publish = script(
  channelLibrary,
  `
local wanted = tonumber(ARGV[1])
local existing = tonumber(redis.call('HGET', root, 'partitions') or false)
if existing and existing ~= wanted then return { existing, 0, -1 } end
if not existing then redis.call('HSET', root, 'partitions', wanted) end
local delayed = false
for i = 2, #ARGV, 4 do
  if ARGV[i + 1] ~= '0' and tonumber(ARGV[i + 1]) > now then
    local place = sortable(next_id())
    redis.call('ZADD', root .. ':later', ARGV[i + 1], place)
    redis.call('HSET', root .. ':later:' .. place, 'p', ARGV[i], 'm', ARGV[i + 2], 'b', ARGV[i + 3])
    delayed = true
  else
    append(ARGV[i], ARGV[i + 2], ARGV[i + 3])
  end
end
save_clock()
return { wanted, existing and 0 or 1, delayed and mature() or -1 }
`,
);

export interface PublishReply {
  readonly partitions: number;
  readonly created: boolean;
  readonly nextDelayedMs: number;
}

/** `messages`: four values each, as above. */
export async function publishMessages(
  connection: Connection,
  root: string,
  partitions: number,
  messages: readonly (string | number)[],
): Promise<PublishReply> {
  const reply = await run<readonly [number, number, number]>(connection, publish, root, [
    partitions,
    ...messages,
  ]);
  return { partitions: reply[0], created: reply[1] === 1, nextDelayedMs: reply[2] };
}
