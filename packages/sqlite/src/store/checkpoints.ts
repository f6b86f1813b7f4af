/** Checkpoints, on a handle that is in a transaction or reads what is committed. */
import { type Checkpoint, storeRefusals } from "@meshwright/core/adapter";
import type { Connection } from "../connection.js";
import { endOfPrefix } from "./prefixes.js";
import { read, stored } from "./rows.js";
import type { CheckpointStatements } from "./statements.js";

/** Those that a transaction holds, and where it has seen them. */
export class HeldCheckpoints {
  readonly #positions: Map<string, number> = new Map();

  /** Locks first: the owner of an enlisted transaction may have begun it without. Who has the lock holds all of them. */
  hold(db: Connection, statements: CheckpointStatements, name: string): number {
    db.run(statements.lock);
    const position = db.get<{ position: number }>(statements.position, stored(name))?.position ?? 0;
    this.#positions.set(name, position);
    return position;
  }

  /**
   * What was enlisted may outlive the transaction it was enlisted in. Then the checkpoint may not be where it was held.
   *
   * @throws StoreError `STORE_CHECKPOINT_NOT_HELD`
   */
  move(db: Connection, statements: CheckpointStatements, { name, position, movedAt }: Checkpoint): void {
    const before = this.#positions.get(name);
    if (before === undefined) throw storeRefusals.notHeld();
    if (db.run(statements.move, stored(name), position, movedAt, before) !== 1) throw storeRefusals.notHeld();
    this.#positions.set(name, position);
  }
}

export function listCheckpoints(
  db: Connection,
  { list }: CheckpointStatements,
  prefix: string,
): Checkpoint[] {
  const from = stored(prefix);
  const rows = db.all<{ name: string; position: number; moved_at: number }>(list, from, endOfPrefix(from));
  return rows.map(({ name, position, moved_at }) => ({ name: read(name), position, movedAt: moved_at }));
}
