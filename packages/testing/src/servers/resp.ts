import { connect } from "node:net";

export type RespReply = string | number | null | readonly RespReply[];

/** Where a Redis is. */
export interface RespAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Sends one command on a connection of its own: enough to set up and question a server, and no client.
 *
 * @throws Error with Redis's own words when it refuses ("NOAUTH …"); the network's error when it cannot be reached
 */
export async function respCommand(address: RespAddress, command: readonly string[]): Promise<RespReply> {
  const { username, password } = address;
  const login = password === undefined ? [] : [["AUTH", ...(username ? [username] : []), password]];
  const replies = await exchange(address, [...login, command]);
  const refused = replies.find((reply) => reply instanceof Error);
  if (refused instanceof Error) throw refused;
  return replies.at(-1) as RespReply;
}

type Parsed = RespReply | Error;

function exchange({ host, port }: RespAddress, commands: readonly (readonly string[])[]): Promise<Parsed[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const replies: Parsed[] = [];
    let received = Buffer.alloc(0);
    socket.setTimeout(5_000, () => socket.destroy(new Error(`${host}:${port} does not answer`)));
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`${host}:${port} closed the connection`)));
    socket.on("data", (chunk) => {
      received = Buffer.concat([received, chunk]);
      for (;;) {
        const parsed = parse(received, 0);
        if (parsed === undefined) return;
        received = received.subarray(parsed.end);
        if (replies.push(parsed.value) < commands.length) continue;
        resolve(replies);
        socket.destroy();
        return;
      }
    });
    for (const command of commands) socket.write(encode(command));
  });
}

function encode(command: readonly string[]): string {
  const words = command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${command.length}\r\n${words.join("")}`;
}

interface Step {
  readonly value: Parsed;
  /** Where the next reply begins. */
  readonly end: number;
}

/** The reply that begins at `from`; undefined while it is not all there. RESP2: what a connection speaks at first. */
function parse(bytes: Buffer, from: number): Step | undefined {
  const lineEnd = bytes.indexOf("\r\n", from);
  if (lineEnd === -1) return undefined;
  const line = bytes.toString("utf8", from + 1, lineEnd);
  const end = lineEnd + 2;
  switch (bytes.toString("latin1", from, from + 1)) {
    case ":":
      return { value: Number(line), end };
    case "-":
      return { value: new Error(line), end };
    case "$":
      return parseText(bytes, end, Number(line));
    case "*":
      return parseList(bytes, end, Number(line));
    default:
      return { value: line, end };
  }
}

function parseText(bytes: Buffer, from: number, length: number): Step | undefined {
  if (length < 0) return { value: null, end: from };
  const end = from + length + 2;
  return end > bytes.length ? undefined : { value: bytes.toString("utf8", from, from + length), end };
}

function parseList(bytes: Buffer, from: number, length: number): Step | undefined {
  if (length < 0) return { value: null, end: from };
  const value: RespReply[] = [];
  let end = from;
  for (let index = 0; index < length; index++) {
    const item = parse(bytes, end);
    if (item === undefined) return undefined;
    if (item.value instanceof Error) return item;
    value.push(item.value);
    end = item.end;
  }
  return { value, end };
}
