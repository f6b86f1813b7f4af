import type { DeadLetterRecord, Failure } from "../contract.js";
import { isolated } from "./delivery.js";
import type { Entry } from "./log.js";

/** The group a dead letter belongs to. */
export interface LetterOwner {
  readonly name: string;
  readonly channel: { readonly name: string };
  /** How many it has on the shelf. */
  deadLetters: number;
  /** Takes a letter back, as if it had never been delivered. */
  redrive(letter: DeadLetter): void;
}

export interface DeadLetter {
  readonly group: LetterOwner;
  readonly entry: Entry;
  readonly attempts: number;
  readonly failure: Failure;
  readonly firstAt: number;
  readonly lastAt: number;
}

const batchSize = 256;

/** The dead letters of one group name, over all channels of a namespace, oldest first. Ids only grow. */
export class Shelf {
  readonly #letters = new Map<string, DeadLetter>();
  #lastId = 0;

  add(letter: DeadLetter): void {
    this.#letters.set(String(++this.#lastId), letter);
    letter.group.deadLetters++;
  }

  /** Removes these and passes each on. Unknown ids are passed over. Returns how many there were. */
  take(ids: readonly string[], use: (letter: DeadLetter) => void): number {
    let count = 0;
    for (const id of ids) {
      const letter = this.#letters.get(id);
      if (letter === undefined) continue;
      this.#letters.delete(id);
      letter.group.deadLetters--;
      use(letter);
      count++;
    }
    return count;
  }

  /** What lies here now; what is added while it is read is left for the next time. */
  *batches(): Generator<readonly DeadLetterRecord[], void> {
    const last = this.#lastId;
    let batch: DeadLetterRecord[] = [];
    for (const [id, letter] of this.#letters) {
      if (Number(id) > last) break;
      batch.push(recordOf(id, letter));
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

function recordOf(id: string, letter: DeadLetter): DeadLetterRecord {
  return {
    id,
    channel: letter.group.channel.name,
    group: letter.group.name,
    message: isolated(letter.entry.message),
    offset: String(letter.entry.offset),
    attempts: letter.attempts,
    failure: letter.failure,
    firstAt: letter.firstAt,
    lastAt: letter.lastAt,
  };
}
