/** Checkpoints: the lock of a row is the right to move it. */
import { type Checkpoint, storeRefusals } from "@meshwright/core/adapter";
import { textKey } from "./claims.js";
import type { Tables } from "./names.js";
import type { Session } from "./session.js";
import { lockNumberOf, named, type Statement } from "./statement.js";
import { keptText, textFrom } from "./texts.js";

export interface CheckpointStatements {
  /** Values: key. Answers with nothing where it is not there, or held by another. */
  readonly hold: Statement;
  /** Values: key, name, time in milliseconds. Answers with nothing where it is there, or another is making it. */
  readonly make: Statement;
  /** Values: key, position, time in milliseconds. */
  readonly move: Statement;
  /** Values: prefix. */
  readonly list: Statement;
}

export function checkpointStatements({ checkpoints }: Tables): CheckpointStatements {
  return {
    hold: named(
      `SELECT position::text AS position FROM ${checkpoints} WHERE key = $1::text FOR UPDATE SKIP LOCKED`,
    ),
    // Whoever makes it has the lock. Without it the others would not be told, but wait for his commit. And they would wait for
    // the commit of one who has moved it.
    make: named(`INSERT INTO ${checkpoints} (key, name, position, moved_at)
      SELECT $1::text, $2::text, 0, to_timestamp($3::double precision / 1000)
      WHERE NOT EXISTS (SELECT FROM ${checkpoints} WHERE key = $1::text)
        AND pg_try_advisory_xact_lock(${lockNumberOf(checkpoints)}, hashtext($1::text))
      ON CONFLICT DO NOTHING RETURNING position::text AS position`),
    move: named(`UPDATE ${checkpoints} SET position = $2::bigint, moved_at = to_timestamp($3::double precision / 1000)
      WHERE key = $1::text`),
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
  readonly #held: Set<string> = new Set();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async hold(name: string): Promise<number | undefined> {
    const key = textKey(name);
    const { statements } = this.#parts;
    const hold = (): Promise<number | undefined> => this.#position(statements().hold, [key]);
    const make = (): Promise<number | undefined> =>
      this.#position(statements().make, [key, keptText(name), this.#parts.now()]);
    // The last one is for what another has made and committed between the first two.
    const position = (await hold()) ?? (await make()) ?? (await hold());
    if (position !== undefined) this.#held.add(name);
    return position;
  }

  async move(name: string, position: number): Promise<void> {
    const { session, statements, now } = this.#parts;
    session.requireUsable();
    if (!this.#held.has(name)) throw storeRefusals.notHeld();
    const values = [textKey(name), position, now()];
    const { count } = await session.ask(statements().move, values, "moving a checkpoint");
    // Rolled back to a savepoint before it was held.
    if (count === 0) throw storeRefusals.notHeld();
  }

  async #position(statement: Statement, values: readonly unknown[]): Promise<number | undefined> {
    const { rows } = await this.#parts.session.ask<{ position: string }>(
      statement,
      values,
      "holding a checkpoint",
    );
    return rows[0] === undefined ? undefined : Number(rows[0].position);
  }
}
