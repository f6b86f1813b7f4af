/** All of the store's SQL but its tables. */
import type { Tables } from "./names.js";
import { columns, lanes } from "./rows.js";

/** How many lanes one relay takes at most: a second one finds work too. */
export const mostLanes: number = lanes / 2;

export interface Statements {
  readonly append: string;
  readonly claim: string;
  readonly prune: string;
  /** Lanes that nobody has and that have rows. Parameter: now. */
  readonly free: string;
  /** The oldest rows of some lanes. Parameters: `mostLanes` lanes, limit. */
  readonly oldest: string;
  /** Parameters: owner, until, lane. */
  readonly lease: string;
  /** Whether the lease is still there, which it ends. Parameters: lane, owner, epoch. */
  readonly release: string;
  readonly releaseAll: string;
  readonly published: string;
  /** Parameters: code, reason, time, seq. */
  readonly refuse: string;
  readonly refused: string;
  readonly restore: string;
  readonly remove: string;
}

const listed = "SELECT value FROM json_each(?)";

export function statementsFor(tables: Tables): Statements {
  const { outbox, refused, lanes: leases, inbox } = tables;
  const ofLane = `SELECT seq FROM ${outbox} WHERE lane = ?`;
  const merged = Array.from({ length: mostLanes }, () => ofLane).join(" UNION ALL ");
  return {
    append: `INSERT INTO ${outbox} (${columns}) VALUES (${columns.split(",").fill("?").join(", ")})`,
    claim: `INSERT INTO ${inbox} (consumer_group, source, id, claimed_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    prune: `DELETE FROM ${inbox} WHERE claimed_at < ?`,
    free: `SELECT lane FROM ${leases} AS l
      WHERE until <= ? AND EXISTS (SELECT 1 FROM ${outbox} AS o WHERE o.lane = l.lane) ORDER BY lane`,
    // The index has each lane's rows in order. They are merged as they are read: no sorting, whatever the backlog.
    oldest: `SELECT seq, ${columns} FROM ${outbox} WHERE seq IN (${merged} ORDER BY seq LIMIT ?) ORDER BY seq`,
    lease: `UPDATE ${leases} SET owner = ?, until = ?, epoch = epoch + 1 WHERE lane = ? RETURNING epoch`,
    release: `UPDATE ${leases} SET owner = NULL, until = 0 WHERE lane = ? AND owner = ? AND epoch = ?`,
    releaseAll: `UPDATE ${leases} SET owner = NULL, until = 0 WHERE owner = ?`,
    published: `DELETE FROM ${outbox} WHERE seq IN (${listed})`,
    refuse: `INSERT INTO ${refused} (seq, ${columns}, code, reason, refused_at)
      SELECT seq, ${columns}, ?, ?, ? FROM ${outbox} WHERE seq = ?`,
    refused: `SELECT seq, ${columns}, code, reason, refused_at FROM ${refused} ORDER BY refused_at, seq`,
    restore: `INSERT INTO ${outbox} (${columns}) SELECT ${columns} FROM ${refused} WHERE seq IN (${listed}) ORDER BY seq`,
    remove: `DELETE FROM ${refused} WHERE seq IN (${listed})`,
  };
}
