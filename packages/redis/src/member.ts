/**
 * A member of a group as Redis knows it: its name, its lease, the partitions it reads. A member that was silent for longer
 * than its lease has been removed, and starts anew under another name.
 */
import { randomUUID } from "node:crypto";
import { type BrokerContext, refusals, type SubscriptionRequest } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { partitionsDiffer } from "./errors.js";
import { entryPlace, Holdings, type Place, placeOf } from "./holdings.js";
import { escaped } from "./keys.js";
import { startId } from "./offsets.js";
import { fenceMember } from "./scripts/fence.js";
import { joinGroup } from "./scripts/join.js";
import { leaveGroup } from "./scripts/leave.js";
import { findStrays } from "./scripts/strays.js";
import { type SyncMode, syncMember } from "./scripts/sync.js";

/** `member` is its name and its epoch. */
export type Who = readonly [group: string, ordering: string, member: string];

export interface MemberParts {
  readonly connection: Connection;
  readonly context: BrokerContext;
  readonly root: string;
  readonly request: SubscriptionRequest;
  /** How long it may be silent before others remove it. They look often enough that all is done within `lease`. */
  readonly leaseMs: number;
  readonly partitions: number;
  register(again: boolean): Promise<void>;
}

export class Member {
  readonly holdings: Holdings = new Holdings();
  /** The partitions it reads. */
  partitions: readonly string[] = [];
  /** When a record, or a delayed message, may be due, by this process's clock; Infinity for never. */
  dueAt = 0;
  readonly #parts: MemberParts;
  #name = "";
  #epoch = 0;
  #joined = false;
  #rejoining: Promise<void> | undefined;

  constructor(parts: MemberParts) {
    this.#parts = parts;
  }

  get who(): Who {
    const { group, ordering } = this.#parts.request;
    return [escaped(group), ordering, `${this.#name}@${this.#epoch}`];
  }

  get joined(): boolean {
    return this.#joined;
  }

  /** Makes the group exist and joins it. Throws when what exists differs (B18). */
  async join(): Promise<void> {
    await this.#join(startId(this.#parts.request.from));
  }

  /** Joins again after its lease has ended. A group that is gone begins at the beginning of what there is (B17). */
  async rejoin(): Promise<void> {
    this.#rejoining ??= this.#join("earliest").then((created) => {
      if (created) this.#reportGap(undefined);
    });
    try {
      await this.#rejoining;
    } finally {
      this.#rejoining = undefined;
    }
  }

  /** Returns whether the group is new. */
  async #join(start: string): Promise<boolean> {
    const { connection, root, request, leaseMs, partitions, register } = this.#parts;
    this.#name = randomUUID();
    await register(false);
    const reply = await joinGroup(connection, root, this.who, { leaseMs, partitions, start });
    if (reply[0] === "partitions") throw partitionsDiffer(request.channel, reply[1], partitions);
    if (reply[0] === "ordering") throw refusals.orderingDiffers(request, reply[1], request.ordering);
    if (reply[1] === 1) await register(true);
    this.#joined = true;
    return reply[2] === 1;
  }

  /** Renews the lease; as far as `mode` says, also takes its share. Returns whether it is still a member. */
  async sync(mode: SyncMode): Promise<boolean> {
    const { connection, root, leaseMs } = this.#parts;
    const { who } = this;
    const known = this.partitions;
    const call = this.holdings.nextCall();
    const reply = await syncMember(connection, root, who, { leaseMs, mode });
    // A reply to what it was before it lost its lease, or before an earlier epoch ended.
    if (who[2] !== this.who[2] || !this.#joined) return this.#joined;
    if (reply[0] !== "ok") return this.#lost();
    const [, partitions, dueInMs, delayedInMs, missed, , anew] = reply;
    this.partitions = partitions.map(([partition]) => partition);
    for (const partition of known)
      if (!this.partitions.includes(partition)) this.holdings.forgetLanes(partition);
    for (const [partition, lanes] of partitions) this.holdings.setLanes(partition, lanes, call);
    this.due(dueInMs, delayedInMs);
    if (missed > 0) this.#reportGap(missed);
    if (anew === 1) this.#reportGap(undefined);
    return true;
  }

  /** Makes sure that no call of before has an effect any more. Returns whether it is still a member. */
  async fence(): Promise<boolean> {
    this.#epoch += 1;
    const { connection, root } = this.#parts;
    return (await fenceMember(connection, root, this.who)) || this.#lost();
  }

  /** What Redis thinks this member holds and it does not. Also renews what it knows of lanes. */
  async strays(): Promise<Place[]> {
    const { connection, root } = this.#parts;
    const call = this.holdings.nextCall();
    const reply = await findStrays(connection, root, this.who);
    if (reply[0] === "lost") {
      this.#lost();
      return [];
    }
    const [, records, partitions] = reply;
    const names = new Set(this.holdings.all().map((held) => placeOf(held).record));
    const strays: Place[] = [];
    for (const record of records) if (!names.has(record)) strays.push({ partition: "", id: "", record });
    for (const [partition, lanes, entries] of partitions) {
      this.holdings.setLanes(partition, lanes, call);
      for (const id of entries) {
        const place = entryPlace(partition, id);
        if (!names.has(place.record)) strays.push(place);
      }
    }
    return strays;
  }

  /** Something is due in so many milliseconds; -1 for nothing. */
  due(...inMs: readonly number[]): void {
    const soonest = Math.min(...inMs.map((ms) => (ms < 0 ? Number.POSITIVE_INFINITY : ms)));
    this.dueAt = this.#parts.context.clock.now() + soonest;
  }

  async leave(): Promise<void> {
    if (!this.#joined) return;
    this.#joined = false;
    await leaveGroup(this.#parts.connection, this.#parts.root, this.who);
  }

  /** Its lease has ended, and what it held is in other hands. */
  #lost(): false {
    this.#joined = false;
    this.partitions = [];
    this.holdings.clear();
    this.dueAt = 0;
    return false;
  }

  #reportGap(missed: number | undefined): void {
    const { context, request } = this.#parts;
    context.report({ kind: "gap", channel: request.channel, group: request.group, missed });
  }
}
