import type { DeadLetterRecord, Failure } from "../contract.js";
import { isolated } from "./delivery.js";
import type { Group } from "./group.js";
import type { Entry } from "./log.js";

export interface DeadLetter {
  readonly group: Group;
  readonly entry: Entry;
  readonly attempts: number;
  readonly failure: Failure;
  readonly firstAt: number;
  readonly lastAt: number;
}

const batchSize = 256;

/** The dead letters of one group name, over all channels of a namespace, oldest first. Ids only grow. */
export class Shelf {
  readonly #letters = new Map<number, DeadLetter>();
  #lastId = 0;

  add(letter: DeadLetter): void {
    this.#letters.set(++this.#lastId, letter);
    letter.group.deadLetters++;
  }

  /** Removes a letter and returns it. */
  take(id: string): DeadLetter | undefined {
    const letter = this.#letters.get(Number(id));
    if (letter === undefined || String(Number(id)) !== id) return undefined;
    this.#letters.delete(Number(id));
    letter.group.deadLetters--;
    return letter;
  }

  /** What lies here now; what is added while it is read is left for the next time. */
  *batches(): Generator<readonly DeadLetterRecord[], void> {
    const last = this.#lastId;
    let batch: DeadLetterRecord[] = [];
    for (const [id, letter] of this.#letters) {
      if (id > last) break;
      batch.push(recordOf(id, letter));
      if (batch.length < batchSize) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }
}

function recordOf(id: number, letter: DeadLetter): DeadLetterRecord {
  return {
    id: String(id),
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
