/**
 * Retention: removes, a bounded number of rows at a time, what is old or beyond the limit and settled by every group.
 * A hard limit removes more; the groups that had not settled it are told how much they missed.
 */
import type { Connection } from "./connection.js";
import { freeKeys } from "./keys.js";
import type { ChannelLog } from "./log.js";
import type { RetentionSettings } from "./options.js";
import type { Transaction } from "./writer.js";

const rowsAtOnce = 1_000;

/** Removes up to a chunk of one channel. Returns whether there is more to remove. Inside a write transaction. */
export function removeChunk(
  db: Connection,
  transaction: Transaction,
  log: ChannelLog,
  settings: RetentionSettings,
): boolean {
  const { first, last } = log.bounds();
  const hard = settings.hardLimit === undefined ? 0 : last - settings.hardLimit;
  const soft = Math.min(settledByAll(db, log.id), unwanted(log, last, transaction.now, settings));
  // The newest row stays, so that the sequence never starts again.
  const target = Math.min(Math.max(hard, soft), last - 1);
  if (first === 0 || target < first) return false;
  const end = Math.min(target, first + rowsAtOnce - 1);
  if (hard >= first) tellOfGaps(db, transaction, log, end);
  db.run(`DELETE FROM ${log.table} WHERE seq <= ?`, end);
  return end < target;
}

/** The last place that age or count no longer keep. */
function unwanted(log: ChannelLog, last: number, now: number, settings: RetentionSettings): number {
  const byAge = log.seqAt(now - settings.maxAgeMs) - 1;
  const byCount = settings.maxMessages === undefined ? 0 : last - settings.maxMessages;
  return Math.max(byAge, byCount);
}

/** The last place up to which every group has settled everything. */
function settledByAll(db: Connection, channel: number): number {
  const row = db.get<{ settled: number | null }>(
    `SELECT min(min(g.cursor,
        coalesce((SELECT min(seq) - 1 FROM mw_waiting WHERE grp = g.id), g.cursor),
        coalesce((SELECT min(h.seq) - 1 FROM mw_held h WHERE h.member IN (SELECT id FROM mw_members WHERE grp = g.id)), g.cursor)
      )) AS settled
     FROM mw_groups g WHERE g.channel = ?`,
    channel,
  );
  return row?.settled ?? Number.POSITIVE_INFINITY;
}

/** Moves groups past what goes, and notes how much of it they had not been given. */
function tellOfGaps(db: Connection, transaction: Transaction, log: ChannelLog, end: number): void {
  const groups = db.all<{ id: number; cursor: number }>(
    "SELECT id, cursor FROM mw_groups WHERE channel = ?",
    log.id,
  );
  for (const { id, cursor } of groups) {
    const missed = unread(db, log, { group: id, cursor, end }) + dropWaiting(db, id, end);
    if (missed === 0 && cursor >= end) continue;
    const sql = "UPDATE mw_groups SET cursor = max(cursor, ?), missed = missed + ? WHERE id = ?";
    db.run(sql, end, missed, id);
    transaction.wake(log.id);
  }
}

function unread(
  db: Connection,
  log: ChannelLog,
  { group, cursor, end }: { readonly group: number; readonly cursor: number; readonly end: number },
): number {
  const row = db.get<{ count: number }>(
    `SELECT count(*) AS count FROM ${log.table}
     WHERE seq > ? AND seq <= ? AND (only_group IS NULL OR only_group = ?)`,
    cursor,
    end,
    group,
  );
  return row?.count ?? 0;
}

/** What waited for the group and goes with the log. Later messages of those keys need not wait for it any more. */
function dropWaiting(db: Connection, group: number, end: number): number {
  const dropped = db.all<{ key: string | null }>(
    "DELETE FROM mw_waiting WHERE grp = ? AND seq <= ? RETURNING key",
    group,
    end,
  );
  freeKeys(db, group, new Set(dropped.map((row) => row.key).filter((key) => key !== null)));
  return dropped.length;
}
