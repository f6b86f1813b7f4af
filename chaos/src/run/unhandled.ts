/**
 * What the processes have not handled yet, by what they have written down. Read on as it grows, a piece at a time: the proxies
 * that all connections go through are in this very process, and must not stand still meanwhile.
 */
import { type FileHandle, open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { groups } from "../groups.js";
import { type Entry, isLedger } from "../ledger.js";

const pieceBytes = 64 * 1024;

export class Unhandled {
  readonly #folder: string;
  /** How much of each ledger has been read: whole lines only. */
  readonly #read: Map<string, number> = new Map();
  readonly #confirmed: Set<string> = new Set();
  readonly #done: ReadonlyMap<string, Set<string>> = new Map(groups.map(({ name }) => [name, new Set()]));

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** @returns what is left, in words */
  async look(): Promise<string[]> {
    for (const file of (await readdir(this.#folder)).filter(isLedger)) await this.#readOn(file);
    return [...this.#done].flatMap(([group, done]) => {
      const left = [...this.#confirmed].filter((id) => !done.has(id));
      return left.length > 0 ? [`${left.length} not handled by ${group}, such as ${left[0]}`] : [];
    });
  }

  async #readOn(file: string): Promise<void> {
    const handle = await open(join(this.#folder, file));
    try {
      for (let more = true; more; ) more = await this.#piece(file, handle);
    } finally {
      await handle.close();
    }
  }

  /** Returns whether there may be more. A line longer than a piece there is none. */
  async #piece(file: string, handle: FileHandle): Promise<boolean> {
    const from = this.#read.get(file) ?? 0;
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, from);
    const end = buffer.subarray(0, bytesRead).lastIndexOf("\n") + 1;
    this.#read.set(file, from + end);
    for (const line of buffer.toString("utf8", 0, end).split("\n")) if (line !== "") this.#line(line);
    return end > 0;
  }

  #line(line: string): void {
    const entry = JSON.parse(line) as Entry;
    if (entry.kind === "confirmed") for (const id of entry.ids) this.#confirmed.add(id);
    if (entry.kind === "ended" && entry.outcome !== "failed") this.#done.get(entry.group)?.add(entry.one[0]);
  }
}
