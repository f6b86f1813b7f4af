/**
 * The blocking reads of a member, on a connection of their own. What Redis gives to an XREADGROUP is the member's at once,
 * so a read never asks for more than there is room for.
 */
import type { Connection } from "./connection.js";
import { logKey, nameOf, nativeGroup, wakeKey } from "./keys.js";
import type { Who } from "./member.js";
import { readSome, type StreamEntries } from "./scripts/read.js";

/** One read: what came, and whether the member was woken for something else. */
export interface Read {
  readonly streams: readonly StreamEntries[];
  readonly woken: boolean;
}

export interface ReadRequest {
  readonly who: Who;
  readonly partitions: readonly string[];
  readonly room: number;
  /** The longest to wait for something, in milliseconds; without it, what there is now is all. */
  readonly blockMs?: number;
}

const nothing: Read = { streams: [], woken: false };

export class Reader {
  readonly #connection: Connection;
  readonly #root: string;

  constructor(connection: Connection, root: string) {
    this.#connection = connection;
    this.#root = root;
  }

  /** Reads what there is, or waits for it. */
  async read(request: ReadRequest): Promise<Read> {
    const { partitions, room } = request;
    if (partitions.length === 0) return this.#group(request, 1);
    // COUNT is for each stream: with less room than streams, Redis has to add up in a script.
    if (room < partitions.length) return this.#few(request);
    return this.#group(request, Math.floor(room / partitions.length));
  }

  close(): void {
    this.#connection.close();
  }

  async #group({ who, partitions, blockMs }: ReadRequest, count: number): Promise<Read> {
    const [group, ordering, member] = who;
    const streams = this.#streams(who, partitions);
    const reader = ["GROUP", nativeGroup(group, ordering, member), nameOf(member)];
    const wait = blockMs === undefined ? [] : ["BLOCK", Math.ceil(blockMs)];
    const places = streams.map(() => ">");
    const args = [...reader, "COUNT", count, ...wait, "STREAMS", ...streams, ...places];
    const reply = await this.#connection.call("XREADGROUP", args);
    return this.#split(reply as readonly StreamEntries[] | null);
  }

  async #few({ who, partitions, room, blockMs }: ReadRequest): Promise<Read> {
    const [found, behind, woken] = await readSome(this.#connection, this.#root, who, { room, partitions });
    if (found.length > 0 || woken === 1 || blockMs === undefined)
      return { streams: found, woken: woken === 1 };
    const streams = this.#streams(who, partitions);
    const block = ["COUNT", 1, "BLOCK", Math.ceil(blockMs), "STREAMS"];
    const reply = await this.#connection.call("XREAD", [...block, ...streams, ...behind]);
    if (reply === null) return nothing;
    const after = await readSome(this.#connection, this.#root, who, { room, partitions });
    return { streams: after[0], woken: after[2] === 1 };
  }

  #streams([group, , member]: Who, partitions: readonly string[]): string[] {
    const logs = partitions.map((partition) => logKey(this.#root, partition));
    return [...logs, wakeKey(this.#root, group, nameOf(member))];
  }

  #split(reply: readonly StreamEntries[] | null): Read {
    if (reply === null) return nothing;
    const logs = reply.filter(([stream]) => stream.startsWith(`${this.#root}:log:`));
    return { streams: logs, woken: logs.length < reply.length };
  }
}

/** The partition that a stream is. */
export function partitionOfStream(stream: string): string {
  return stream.slice(stream.lastIndexOf(":") + 1);
}
