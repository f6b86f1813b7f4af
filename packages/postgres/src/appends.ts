/**
 * What a transaction appends to the outbox. It is sent with COMMIT, so that it takes no round trip of its own; or before the next
 * statement of the service's own, so that a savepoint holds for it as for any other.
 */
import type { OutboxRow } from "@meshwright/core/adapter";
import type { Unsent } from "./lent-client.js";
import { byColumn, type Values, valuesOf } from "./rows.js";
import type { BoundStatement } from "./statement.js";
import type { Writes } from "./statements.js";

/** How much waits, at most. */
const [mostRows, mostCharacters] = [500, 1_000_000];

interface Parts {
  readonly writes: Pick<Writes, "appendOne" | "appendMany">;
  /** Whether statements are prepared by name. */
  readonly prepare: boolean;
  /** Whether what is appended may wait. */
  readonly canWait: boolean;
  /** Has the statement run before all that are asked for after it. */
  run(statement: BoundStatement): Promise<void>;
  /** Does the work when the store's other statements are done. */
  inTurn(work: () => Promise<void>): Promise<void>;
}

export class Appends implements Unsent {
  readonly #parts: Parts;
  #waiting: Values[] = [];
  #characters = 0;
  #failure: unknown;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get failure(): unknown {
    return this.#failure;
  }

  /** @returns until it has been sent, where it does not wait */
  add(rows: readonly OutboxRow[]): Promise<void> | undefined {
    this.#waiting.push(...rows.map(valuesOf));
    for (const { message } of rows) this.#characters += message.body.length;
    const { canWait, inTurn } = this.#parts;
    if (canWait) {
      const fits = this.#waiting.length < mostRows && this.#characters < mostCharacters;
      return fits ? undefined : inTurn(() => this.#run(this.take()));
    }
    // Its own alone, so that each call is told what became of it.
    const own = this.take();
    return inTurn(() => this.#run(own));
  }

  send(): void {
    this.#run(this.take()).catch((error: unknown) => {
      this.#failure ??= error;
    });
  }

  async #run(statement: BoundStatement | undefined): Promise<void> {
    if (statement !== undefined) await this.#parts.run(statement);
  }

  take(): BoundStatement | undefined {
    const rows = this.#waiting;
    const [first] = rows;
    if (first === undefined) return undefined;
    this.#waiting = [];
    this.#characters = 0;
    const { writes, prepare } = this.#parts;
    const { name, text } = rows.length === 1 ? writes.appendOne : writes.appendMany;
    const values = rows.length === 1 ? first : byColumn(rows);
    return { name: prepare ? name : undefined, text, values };
  }
}
