/**
 * Checkpoints. The right to move one is an advisory lock: who does not get it reads nothing, so that waiting for a turn disturbs
 * nobody, also where transactions are serializable. A process that hangs would have the lock for ever; so once it has one, the
 * server ends its session when nothing comes from it for as long as the lease.
 */
import { type Checkpoint, storeRefusals } from "@meshwright/core/adapter";
import { textKey } from "./claims.js";
import type { Tables } from "./names.js";
import type { Session } from "./session.js";
import { lockNumberOf, named, type Statement } from "./statement.js";
import { keptText, textFrom } from "./texts.js";

export interface CheckpointStatements {
  /** Values: key. Answers with a row: `ours` is null where the lock is another one's, and the position. */
  readonly hold: Statement;
  /** Values: key, name, position, time in milliseconds, position before. */
  readonly move: Statement;
  /** Values: prefix. */
  readonly list: Statement;
}

export function checkpointStatements({ checkpoints }: Tables, leaseMs: number): CheckpointStatements {
  return {
    // FOR UPDATE reads the row as it is now: whoever had the lock until a moment ago may have moved it since this began.
    hold: named(
      `SELECT there.position::text AS position,
         (CASE WHEN lock.ours THEN set_config('idle_in_transaction_session_timeout', '${leaseMs}', true) END) AS ours
       FROM (SELECT pg_try_advisory_xact_lock(${lockNumberOf(checkpoints)}, hashtext($1::text)) AS ours) AS lock
       LEFT JOIN LATERAL (
         SELECT position FROM ${checkpoints} WHERE key = $1::text AND lock.ours FOR UPDATE
       ) AS there ON true`,
    ),
    // Where another has made it since the hold began, the position before is another one.
    move: named(
      `INSERT INTO ${checkpoints} AS there (key, name, position, moved_at)
       VALUES ($1::text, $2::text, $3::bigint, to_timestamp($4::double precision / 1000))
       ON CONFLICT (key) DO UPDATE SET position = excluded.position, moved_at = excluded.moved_at
         WHERE there.position = $5::bigint`,
    ),
    list: named(
      `SELECT name, position::text AS position, round(extract(epoch FROM moved_at) * 1000)::text AS moved
       FROM ${checkpoints} WHERE starts_with(name, $1::text) ORDER BY name`,
      { reads: true },
    ),
  };
}

/** Those whose names begin so. */
export async function listCheckpoints(
  session: Session,
  { list }: CheckpointStatements,
  prefix: string,
): Promise<readonly Checkpoint[]> {
  const { rows } = await session.ask<{ name: string; position: string; moved: string }>(
    list,
    [keptText(prefix)],
    "listing checkpoints",
  );
  return rows.map(({ name, position, moved }) => ({
    name: textFrom(name),
    position: Number(position),
    movedAt: Number(moved),
  }));
}

interface Parts {
  readonly session: Session;
  statements(): CheckpointStatements;
  now(): number;
}

/** The checkpoints that a transaction holds. */
export class HeldCheckpoints {
  readonly #parts: Parts;
  /** By name: where it is. */
  readonly #held: Map<string, number> = new Map();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async hold(name: string): Promise<number | undefined> {
    const { session, statements } = this.#parts;
    const { rows } = await session.ask<{ ours: string | null; position: string | null }>(
      statements().hold,
      [textKey(name)],
      "holding a checkpoint",
    );
    const [found] = rows;
    if (found === undefined || found.ours === null) return undefined;
    const position = Number(found.position);
    this.#held.set(name, position);
    return position;
  }

  async move(name: string, position: number): Promise<void> {
    const { session, statements, now } = this.#parts;
    session.requireUsable();
    const before = this.#held.get(name);
    if (before === undefined) throw storeRefusals.notHeld();
    const values = [textKey(name), keptText(name), position, now(), before];
    const { count } = await session.ask(statements().move, values, "moving a checkpoint");
    if (count === 0) throw storeRefusals.conflict(undefined);
    this.#held.set(name, position);
  }
}
