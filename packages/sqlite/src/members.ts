/**
 * Members and their leases. A lease belongs to a member, not to a message: renewing it is one row, whatever the
 * member holds. Ids are never used twice, so that what a member that lost its lease says late touches nothing.
 */
import type { Connection } from "./connection.js";
import { freeKeys } from "./keys.js";
import { state } from "./schema.js";
import type { Transaction } from "./writer.js";

export function join(db: Connection, group: number, leaseUntil: number, service: string): number {
  db.run("INSERT INTO mw_members (grp, lease_until, service) VALUES (?, ?, ?)", group, leaseUntil, service);
  return db.get<{ id: number }>("SELECT last_insert_rowid() AS id")?.id ?? 0;
}

/** Until when a member's lease lasts; undefined when there is no such member any more. */
export function leaseOf(db: Connection, member: number): number | undefined {
  return db.get<{ lease_until: number }>("SELECT lease_until FROM mw_members WHERE id = ?", member)
    ?.lease_until;
}

/** Returns false when the member is gone: its lease had ended, and another member took what it held. */
export function renew(db: Connection, member: number, leaseUntil: number): boolean {
  return db.run("UPDATE mw_members SET lease_until = ? WHERE id = ?", leaseUntil, member) > 0;
}

/** Gives back what the member holds, uncounted, and removes it (B11). */
export function leave(db: Connection, member: number): void {
  giveBack(db, "WHERE h.member = ?", [member], 1);
  db.run("DELETE FROM mw_members WHERE id = ?", member);
}

/** Gives back these that the member holds, uncounted. Returns how many it did hold. */
export function release(db: Connection, member: number, seqs: readonly number[]): number {
  const which = "WHERE h.member = ? AND h.seq IN (SELECT value FROM json_each(?))";
  return giveBack(db, which, [member, JSON.stringify(seqs)], 1);
}

/** Makes what expired members of a group held ready again, counted (B4). Returns how many members that were. */
export function takeOverExpired(
  db: Connection,
  transaction: Transaction,
  group: number,
  self: number,
): number {
  const expired = db.all<{ id: number }>(
    "SELECT id FROM mw_members WHERE grp = ? AND lease_until <= ? AND id <> ?",
    group,
    transaction.now,
    self,
  );
  for (const { id } of expired) {
    giveBack(db, "WHERE h.member = ?", [id], 0);
    db.run("DELETE FROM mw_members WHERE id = ?", id);
  }
  return expired.length;
}

/**
 * Moves held rows to the waiting ones: ready, or parked where something earlier of the key waits for its retry or is parked
 * itself: another member may have parked what this one gave back before. `uncounted` is taken off their attempts.
 */
function giveBack(
  db: Connection,
  which: string,
  parameters: readonly (string | number)[],
  uncounted: 0 | 1,
): number {
  const moved = db.run(
    `INSERT INTO mw_waiting (grp, seq, key, state, attempts, first_at, failure)
     SELECT h.grp, h.seq, h.key,
       CASE WHEN EXISTS (SELECT 1 FROM mw_waiting w INDEXED BY mw_waiting_key
         WHERE w.grp = h.grp AND w.key = h.key AND w.state IN (${state.delayed}, ${state.parked}) AND w.seq < h.seq)
       THEN ${state.parked} ELSE ${state.ready} END,
       h.attempt - ${uncounted}, CASE WHEN h.attempt > ${uncounted} THEN h.first_at END, h.failure
     FROM mw_held h ${which} ORDER BY h.seq`,
    ...parameters,
  );
  if (moved === 0) return 0;
  const gone = db.all<{ grp: number; key: string | null }>(
    `DELETE FROM mw_held AS h ${which} RETURNING grp, key`,
    ...parameters,
  );
  const keys = new Set(gone.map(({ key }) => key).filter((key) => key !== null));
  // What was held may have been all that kept the parked ones from being free.
  if (gone[0]) freeKeys(db, gone[0].grp, keys);
  return moved;
}
