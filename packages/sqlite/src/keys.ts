/**
 * Which keys are blocked, and when they become free. While a key's earlier message is held by another member or waits,
 * its later ones are parked. The rule that keeps everything moving: a key with parked rows always has a row that is
 * held, ready or delayed; whoever takes the last such row away makes parked ones ready. The rule that keeps the order:
 * no parked row of a key comes before a ready one.
 */
import type { Connection } from "./connection.js";
import { state } from "./schema.js";

/** How many parked rows of a key become ready at once; the rest stays parked until those are done. */
const readyAtOnce = 256;

/** The keys that members of the group other than `?2` hold. Parameters: group, member. */
export const keysHeldByOthers =
  "SELECT h.key FROM mw_held h WHERE h.member IN (SELECT id FROM mw_members WHERE grp = ? AND id <> ?)";

/** Makes parked messages ready where these keys have become free. Returns whether any did. */
export function freeKeys(db: Connection, group: number, keys: ReadonlySet<string>): boolean {
  if (keys.size === 0 || !hasWaiting(db, group)) return false;
  let freed = 0;
  for (const key of freeAmong(db, group, JSON.stringify([...keys]))) {
    freed += db.run(
      `UPDATE mw_waiting SET state = ${state.ready} WHERE grp = ? AND seq IN
        (SELECT seq FROM mw_waiting INDEXED BY mw_waiting_key WHERE grp = ? AND key = ? AND state = ${state.parked} ORDER BY seq LIMIT ${readyAtOnce})`,
      group,
      group,
      key,
    );
  }
  return freed > 0;
}

/**
 * Parks what is ready of a key behind `after`. Always all of it: were some left ready, they would overtake the others.
 */
export function parkReady(db: Connection, group: number, key: string, after: number): void {
  db.run(
    `UPDATE mw_waiting INDEXED BY mw_waiting_key SET state = ${state.parked} WHERE grp = ? AND key = ? AND state = ${state.ready} AND seq > ?`,
    group,
    key,
    after,
  );
}

export function hasWaiting(db: Connection, group: number): boolean {
  return db.get("SELECT 1 FROM mw_waiting WHERE grp = ? LIMIT 1", group) !== undefined;
}

/** Those of the keys that have parked messages and nothing held, ready or delayed. */
function freeAmong(db: Connection, group: number, keys: string): string[] {
  const withState = (which: number): string =>
    `EXISTS (SELECT 1 FROM mw_waiting w INDEXED BY mw_waiting_key WHERE w.grp = ? AND w.key = k.value AND w.state = ${which})`;
  const rows = db.all<{ key: string }>(
    `SELECT k.value AS key FROM json_each(?) k WHERE ${withState(state.parked)}
      AND NOT ${withState(state.ready)} AND NOT ${withState(state.delayed)}`,
    keys,
    group,
    group,
    group,
  );
  if (rows.length === 0) return [];
  const held = db.all<{ key: string }>(
    `SELECT DISTINCT key FROM mw_held WHERE member IN (SELECT id FROM mw_members WHERE grp = ?)
      AND key IN (SELECT value FROM json_each(?))`,
    group,
    keys,
  );
  const busy = new Set(held.map((row) => row.key));
  return rows.map((row) => row.key).filter((key) => !busy.has(key));
}
