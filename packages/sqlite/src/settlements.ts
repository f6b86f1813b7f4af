/** Settling: what becomes of messages that a member holds. One transaction; only what it still holds is touched. */
import type { Failure } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { shelve } from "./dead-letters.js";
import type { Group } from "./groups.js";
import { freeKeys, parkReady } from "./keys.js";
import type { MessageValues } from "./log.js";
import { release } from "./members.js";
import { state } from "./schema.js";
import type { Transaction } from "./writer.js";

/** Settlements of one member, sorted by outcome. */
export interface Settled {
  readonly member: number;
  readonly acks: number[];
  readonly releases: number[];
  readonly retries: { readonly seq: number; readonly delayMs: number; readonly failure: Failure }[];
  readonly dead: { readonly seq: number; readonly message: MessageValues; readonly failure: Failure }[];
  /** The keys of messages that are done, where the group is ordered. */
  readonly doneKeys: Set<string>;
}

/** Records the settlements. Returns how many came too late. */
export function settle(db: Connection, transaction: Transaction, group: Group, settled: Settled): number {
  let stale = 0;
  for (const retry of settled.retries) stale += putOff(db, transaction, settled.member, retry) ? 0 : 1;
  if (settled.releases.length > 0) {
    stale += settled.releases.length - release(db, settled.member, settled.releases);
  }
  if (settled.acks.length > 0) stale += settled.acks.length - drop(db, settled.member, settled.acks);
  for (const letter of settled.dead) {
    stale += bury(db, transaction, { group: group.id, member: settled.member }, letter) ? 0 : 1;
  }
  const freed = freeKeys(db, group.id, settled.doneKeys);
  if (freed || settled.retries.length > 0 || settled.releases.length > 0) transaction.wake(group.log.id);
  return stale;
}

function drop(db: Connection, member: number, seqs: number[]): number {
  let low = Number.POSITIVE_INFINITY;
  let high = 0;
  for (const seq of seqs) {
    if (seq < low) low = seq;
    if (seq > high) high = seq;
  }
  // Distinct numbers that fill their range are that range.
  if (high - low + 1 === seqs.length) {
    return db.run("DELETE FROM mw_held WHERE member = ? AND seq BETWEEN ? AND ?", member, low, high);
  }
  const listed = "DELETE FROM mw_held WHERE member = ? AND seq IN (SELECT value FROM json_each(?))";
  return db.run(listed, member, JSON.stringify(seqs));
}

/** Keeps a message for a later delivery (B6). */
function putOff(
  db: Connection,
  transaction: Transaction,
  member: number,
  retry: { readonly seq: number; readonly delayMs: number; readonly failure: Failure },
): boolean {
  const moved = db.run(
    `INSERT INTO mw_waiting (grp, seq, key, state, attempts, due, first_at, failure)
     SELECT grp, seq, key, ${state.delayed}, attempt, ?, first_at, ? FROM mw_held WHERE member = ? AND seq = ?`,
    transaction.now + retry.delayMs,
    JSON.stringify(retry.failure),
    member,
    retry.seq,
  );
  if (moved === 0) return false;
  const gone = db.get<{ grp: number; key: string | null }>(
    "DELETE FROM mw_held WHERE member = ? AND seq = ? RETURNING grp, key",
    member,
    retry.seq,
  );
  if (gone && gone.key !== null) parkReady(db, gone.grp, gone.key, retry.seq);
  return true;
}

function bury(
  db: Connection,
  transaction: Transaction,
  where: { readonly group: number; readonly member: number },
  letter: { readonly seq: number; readonly message: MessageValues; readonly failure: Failure },
): boolean {
  const held = db.get<{ attempt: number; first_at: number }>(
    "DELETE FROM mw_held WHERE member = ? AND seq = ? RETURNING attempt, first_at",
    where.member,
    letter.seq,
  );
  if (!held) return false;
  const record = { ...letter, attempts: held.attempt, firstAt: held.first_at };
  shelve(db, where.group, record, transaction.now);
  return true;
}
