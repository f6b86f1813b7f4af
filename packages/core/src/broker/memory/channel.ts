import type { StartPosition, WireMessage } from "../contract.js";
import { refusals } from "../refusals.js";
import type { Group } from "./group.js";
import type { ChannelView, Host } from "./host.js";
import { Log } from "./log.js";

/** A channel: its log and its groups. */
export class Channel implements ChannelView {
  readonly name: string;
  readonly log: Log = new Log();
  readonly groups: Map<string, Group> = new Map();
  readonly #host: Host;

  constructor(host: Host, name: string) {
    this.#host = host;
    this.name = name;
  }

  /** Appends what is visible now, and the rest when its time comes. */
  append(messages: readonly WireMessage[]): void {
    const now = this.#host.now();
    for (const message of messages) {
      const at = message.deliverAt;
      if (at !== undefined && at > now) this.#host.alarms.add({ at, fire: () => this.append([message]) });
      else this.log.append(message, now);
    }
    this.trim();
    for (const group of this.groups.values()) group.wake();
  }

  /** Removes what retention no longer keeps: what is settled by all groups, and beyond a hard limit the rest (B17). */
  trim(): void {
    const { maxMessages, maxBytes, maxAgeMs, hardLimit } = this.#host.retention;
    const log = this.log;
    if (hardLimit !== undefined && log.size > hardLimit.maxMessages)
      this.#cut(log.end - hardLimit.maxMessages);
    if (log.size <= maxMessages && log.bytes <= maxBytes && maxAgeMs === undefined) return;
    const before = maxAgeMs === undefined ? Number.NEGATIVE_INFINITY : this.#host.now() - maxAgeMs;
    let floor = log.end;
    for (const group of this.groups.values()) floor = Math.min(floor, group.floor);
    while (log.first < floor) {
      const old = (log.at(log.first)?.storedAt ?? 0) < before;
      if (!old && log.size <= maxMessages && log.bytes <= maxBytes) return;
      log.dropFirst();
    }
  }

  /** The offset of a position. `latest` is the end; what is no longer kept begins at the oldest kept. */
  resolve(position: StartPosition): number {
    if (position === "latest") return this.log.end;
    if (position === "earliest") return this.log.first;
    if ("time" in position) return this.log.offsetAt(position.time);
    const offset = /^\d{1,15}$/.test(position.offset) ? Number(position.offset) : Number.NaN;
    if (!(offset <= this.log.end)) throw refusals.offsetInvalid(position.offset);
    return Math.max(offset, this.log.first);
  }

  #cut(first: number): void {
    for (const group of this.groups.values()) group.cut(first);
    while (this.log.first < first) this.log.dropFirst();
  }
}
