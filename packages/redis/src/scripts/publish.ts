/**
 * Appends messages to a channel, all or none, in order.
 *
 * ARGV: how many partitions the channel has if it does not exist yet, 1 if there are due times, then for each message:
 *   partition, head, body, and if there are due times its own in ms (0: now)
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
local timed, delayed = ARGV[2] == '1', false
for i = 3, #ARGV, timed and 4 or 3 do
  if timed and tonumber(ARGV[i + 3]) > now then
    local place = sortable(next_id())
    redis.call('ZADD', root .. ':later', ARGV[i + 3], place)
    redis.call('HSET', root .. ':later:' .. place, 'p', ARGV[i], 'm', ARGV[i + 1], 'b', ARGV[i + 2])
    delayed = true
  else
    append(ARGV[i], ARGV[i + 1], ARGV[i + 2])
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

export interface PublishRequest {
  /** How many the channel has. */
  readonly partitions: number;
  /** Whether each message has a due time. */
  readonly timed: boolean;
  /** Three values a message, or four: see above. */
  readonly messages: readonly (string | number)[];
}

export async function publishMessages(
  connection: Connection,
  root: string,
  { partitions, timed, messages }: PublishRequest,
): Promise<PublishReply> {
  const args = [partitions, timed ? 1 : 0, ...messages];
  const reply = await run<readonly [number, number, number]>(connection, publish, root, args);
  return { partitions: reply[0], created: reply[1] === 1, nextDelayedMs: reply[2] };
}
