/**
 * Claiming: how a member comes by its next messages. One transaction: what is ready first (retries that are due,
 * what dead or closed members held), then on from the group's cursor. Nothing here depends on the size of the backlog.
 */
import type { Connection } from "./connection.js";
import type { Group } from "./groups.js";
import { freeKeys, hasWaiting, keysHeldByOthers, parkReady } from "./keys.js";
import type { Head, LogRow } from "./log.js";
import { takeOverExpired } from "./members.js";
import { state } from "./schema.js";
import type { Transaction } from "./writer.js";

/** What a group has before it, as one member sees it. */
export interface Outlook {
  readonly cursor: number;
  /** Messages a hard limit removed before the group had them, not yet reported. */
  readonly missed: number;
  readonly last: number | null;
  readonly ready: number;
  readonly waiting: number;
  readonly due: number | null;
  readonly scheduled: number | null;
  readonly others: number | null;
  readonly lease: number | null;
}

/** A row taken for a member, with how often it has been delivered, this time included. */
export interface ClaimedRow {
  readonly row: LogRow;
  readonly head: Head | undefined;
  readonly attempt: number;
  readonly failure: string | null;
  readonly firstAt: number;
}

export interface Claimed {
  readonly rows: readonly ClaimedRow[];
  /** There is or may be more to take at once. */
  readonly more: boolean;
  /** Messages gone before they were delivered, to be reported as a gap. */
  readonly missed: number;
}

/** How many rows one claim looks at before it lets others have the lock. */
const scanLimit = 2_048;

/** Reads what there is to do, without taking anything. */
export function outlook(db: Connection, group: Group, member: number): Outlook | undefined {
  return db.get<Outlook>(
    `SELECT g.cursor, g.missed,
      (SELECT max(seq) FROM ${group.log.table}) AS last,
      EXISTS (SELECT 1 FROM mw_waiting INDEXED BY mw_waiting_ready WHERE grp = g.id AND state = ${state.ready}) AS ready,
      EXISTS (SELECT 1 FROM mw_waiting WHERE grp = g.id) AS waiting,
      (SELECT min(due) FROM mw_waiting INDEXED BY mw_waiting_due WHERE grp = g.id AND state = ${state.delayed}) AS due,
      (SELECT min(due) FROM mw_scheduled WHERE channel = g.channel) AS scheduled,
      (SELECT min(lease_until) FROM mw_members WHERE grp = g.id AND id <> ?) AS others,
      (SELECT lease_until FROM mw_members WHERE id = ?) AS lease
    FROM mw_groups g WHERE g.id = ?`,
    member,
    member,
    group.id,
  );
}

/** Whether a claim would find something to do now. */
export function hasWork(seen: Outlook, now: number): boolean {
  if ((seen.last ?? 0) > seen.cursor || seen.ready > 0 || seen.missed > 0 || seen.lease === null) return true;
  return nextTime(seen) <= now;
}

/** When time alone will bring work: a retry or a scheduled message falls due, or another member's lease ends. */
export function nextTime(seen: Outlook): number {
  const never = Number.POSITIVE_INFINITY;
  return Math.min(seen.due ?? never, seen.scheduled ?? never, seen.others ?? never);
}

/** Takes up to `want` messages for a member. Inside a write transaction. */
export function claim(
  db: Connection,
  transaction: Transaction,
  { group, member, want, wanted }: ClaimRequest,
): Claimed {
  group.log.moveDue(transaction);
  const seen = outlook(db, group, member);
  if (!seen) throw new Error(`group ${group.id} is gone`);
  const { now } = transaction;
  if ((seen.others ?? now + 1) <= now) takeOverExpired(db, transaction, group.id, member);
  if ((seen.due ?? now + 1) <= now) promoteDue(db, group.id, now);
  const step = new Claim(db, group, member, now);
  step.missed = seen.missed;
  if (seen.missed > 0) db.run("UPDATE mw_groups SET missed = 0 WHERE id = ?", group.id);
  const waiting = hasWaiting(db, group.id);
  if (waiting) step.takeReady(want);
  if (!step.more) {
    const guarded = group.ordered && (waiting || seen.others !== null);
    if (guarded || wanted) step.scan(seen.cursor, want, guarded, wanted);
    else step.takeNext(seen.cursor, want);
  }
  return { rows: step.rows, more: step.more, missed: step.missed };
}

export interface ClaimRequest {
  readonly group: Group;
  readonly member: number;
  readonly want: number;
  /** Which types the member wants; undefined for all. */
  readonly wanted: ((type: string) => boolean) | undefined;
}

function promoteDue(db: Connection, group: number, now: number): void {
  db.run(
    `UPDATE mw_waiting SET state = ${state.ready}, due = NULL WHERE grp = ? AND seq IN
      (SELECT seq FROM mw_waiting INDEXED BY mw_waiting_due WHERE grp = ? AND state = ${state.delayed} AND due <= ? ORDER BY due LIMIT ${scanLimit})`,
    group,
    group,
    now,
  );
}

interface WaitingRow {
  readonly seq: number;
  readonly key: string | null;
  readonly attempts: number;
  readonly failure: string | null;
  readonly first_at: number | null;
  readonly blocked: number;
}

interface ScannedRow {
  readonly seq: number;
  readonly type: string;
  readonly only_group: number | null;
  readonly blocked: number;
}

/** One claim under way. */
class Claim {
  readonly rows: ClaimedRow[] = [];
  more = false;
  missed = 0;
  readonly #db: Connection;
  readonly #group: Group;
  readonly #member: number;
  readonly #now: number;

  constructor(db: Connection, group: Group, member: number, now: number) {
    this.#db = db;
    this.#group = group;
    this.#member = member;
    this.#now = now;
  }

  /** Takes waiting rows that are ready. Those whose key another member holds are parked: that one frees them. */
  takeReady(want: number): void {
    for (let scanned = 0; scanned < scanLimit; ) {
      const open = want - this.rows.length;
      if (open <= 0) break;
      const rows = this.#ready(open);
      if (rows.length === 0) return;
      scanned += rows.length;
      this.#park(rows.filter((row) => row.blocked === 1));
      this.#takeWaiting(rows.filter((row) => row.blocked !== 1));
    }
    this.more = true;
  }

  /** The short way: no key can be blocked and every type is wanted, so rows are taken as they come. */
  takeNext(cursor: number, want: number): void {
    const open = want - this.rows.length;
    if (open <= 0) return;
    const rows = this.#group.log.read(cursor, Number.MAX_SAFE_INTEGER, open);
    const last = rows.at(-1);
    if (!last) return;
    const taken = this.#fresh(rows);
    this.#hold(taken);
    this.#advance(last.seq);
    this.more = rows.length === open;
  }

  /** Looks before it takes: parks what is blocked, passes over what is not wanted. */
  scan(
    cursor: number,
    want: number,
    guarded: boolean,
    wanted: ((type: string) => boolean) | undefined,
  ): void {
    const taken: number[] = [];
    const parked: number[] = [];
    let at = cursor;
    let scanned = 0;
    let exhausted = false;
    while (!exhausted && scanned < scanLimit && this.rows.length + taken.length < want) {
      const limit = Math.max(want - this.rows.length - taken.length, 64);
      const rows = this.#scanned(at, limit, guarded);
      exhausted = rows.length < limit;
      for (const row of rows) {
        if (this.rows.length + taken.length >= want) break;
        at = row.seq;
        scanned += 1;
        if (row.only_group !== null && row.only_group !== this.#group.id) continue;
        if (wanted && !wanted(row.type)) continue;
        (row.blocked === 1 ? parked : taken).push(row.seq);
      }
    }
    this.#parkNew(parked);
    const rows = taken.length > 0 ? this.#fresh(this.#group.log.readListed(taken)) : [];
    this.#hold(rows);
    if (at > cursor) this.#advance(at);
    this.more = !exhausted;
  }

  /** Rows from the cursor: first deliveries. Rows meant for another group alone are left out. */
  #fresh(rows: readonly LogRow[]): LogRow[] {
    const mine: LogRow[] = [];
    for (const row of rows) {
      const head = headOf(row);
      const only = head?.[5] ?? null;
      if (only !== null && only !== this.#group.id) continue;
      mine.push(row);
      this.rows.push({ row, head, attempt: 1, failure: null, firstAt: this.#now });
    }
    return mine;
  }

  #hold(rows: readonly LogRow[]): void {
    const first = rows[0];
    const last = rows.at(-1);
    if (!first || !last) return;
    const together = last.seq - first.seq + 1 === rows.length;
    const which = together ? "seq BETWEEN ? AND ?" : "seq IN (SELECT value FROM json_each(?))";
    const key = this.#group.ordered ? "key" : "NULL";
    this.#db.run(
      `INSERT INTO mw_held (member, seq, grp, key, attempt, first_at)
       SELECT ?, seq, ?, ${key}, 1, ? FROM ${this.#group.log.table} WHERE ${which}`,
      this.#member,
      this.#group.id,
      this.#now,
      ...(together ? [first.seq, last.seq] : [JSON.stringify(rows.map((row) => row.seq))]),
    );
  }

  #ready(limit: number): WaitingRow[] {
    const blocked = this.#group.ordered ? `coalesce(key IN (${keysHeldByOthers}), 0)` : "0";
    const guard = this.#group.ordered ? [this.#group.id, this.#member] : [];
    return this.#db.all<WaitingRow>(
      `SELECT seq, key, attempts, failure, first_at, ${blocked} AS blocked FROM mw_waiting INDEXED BY mw_waiting_ready
       WHERE grp = ? AND state = ${state.ready} ORDER BY seq LIMIT ?`,
      ...guard,
      this.#group.id,
      limit,
    );
  }

  #scanned(after: number, limit: number, guarded: boolean): ScannedRow[] {
    const blocked = guarded
      ? `(EXISTS (SELECT 1 FROM mw_waiting w INDEXED BY mw_waiting_key WHERE w.grp = ? AND w.key = l.key) OR l.key IN (${keysHeldByOthers}))`
      : "0";
    const guard = guarded ? [this.#group.id, this.#group.id, this.#member] : [];
    return this.#db.all<ScannedRow>(
      `SELECT l.seq, l.type, l.only_group, ${blocked} AS blocked FROM ${this.#group.log.table} l
       WHERE l.seq > ? ORDER BY l.seq LIMIT ?`,
      ...guard,
      after,
      limit,
    );
  }

  #park(rows: readonly WaitingRow[]): void {
    const keys = new Set(rows.map((row) => row.key).filter((key) => key !== null));
    for (const key of keys) parkReady(this.#db, this.#group.id, key, 0);
  }

  #parkNew(seqs: readonly number[]): void {
    if (seqs.length === 0) return;
    this.#db.run(
      `INSERT INTO mw_waiting (grp, seq, key, state, attempts)
       SELECT ?, seq, key, ${state.parked}, 0 FROM ${this.#group.log.table} WHERE seq IN (SELECT value FROM json_each(?))`,
      this.#group.id,
      JSON.stringify(seqs),
    );
  }

  #takeWaiting(rows: readonly WaitingRow[]): void {
    if (rows.length === 0) return;
    const seqs = JSON.stringify(rows.map((row) => row.seq));
    const stored = new Map(
      this.#group.log.readListed(rows.map((row) => row.seq)).map((row) => [row.seq, row]),
    );
    this.#db.run(
      `INSERT INTO mw_held (member, seq, grp, key, attempt, first_at, failure)
       SELECT ?, seq, grp, key, attempts + 1, coalesce(first_at, ?), failure FROM mw_waiting
       WHERE grp = ? AND seq IN (SELECT value FROM json_each(?)) AND seq IN (SELECT seq FROM ${this.#group.log.table})`,
      this.#member,
      this.#now,
      this.#group.id,
      seqs,
    );
    this.#db.run(
      "DELETE FROM mw_waiting WHERE grp = ? AND seq IN (SELECT value FROM json_each(?))",
      this.#group.id,
      seqs,
    );
    const gone = new Set<string>();
    for (const waiting of rows) {
      const row = stored.get(waiting.seq);
      if (row) this.rows.push(claimedAgain(row, waiting, this.#now));
      else {
        this.missed += 1;
        if (waiting.key !== null) gone.add(waiting.key);
      }
    }
    freeKeys(this.#db, this.#group.id, gone);
  }

  #advance(seq: number): void {
    this.#db.run("UPDATE mw_groups SET cursor = ? WHERE id = ?", seq, this.#group.id);
  }
}

function claimedAgain(row: LogRow, waiting: WaitingRow, now: number): ClaimedRow {
  return {
    row,
    head: headOf(row),
    attempt: waiting.attempts + 1,
    failure: waiting.failure,
    firstAt: waiting.first_at ?? now,
  };
}

function headOf(row: LogRow): Head | undefined {
  try {
    return JSON.parse(row.head) as Head;
  } catch {
    return undefined;
  }
}
