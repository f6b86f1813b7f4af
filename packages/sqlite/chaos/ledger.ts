/**
 * Plain files, apart from the broker, in which the processes write what happened. Appends of one line are atomic and
 * survive SIGKILL, and all consumers of a group share a file, so its lines are in the order in which things happened.
 */
import { openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";

/** A message that was published: its key, and its number among the messages of the key. */
export interface Named {
  readonly id: string;
  readonly key: string;
  readonly number: number;
}

export type Entry =
  /** `publish` resolved. */
  | { readonly kind: "confirmed"; readonly message: Named }
  /** A handler ran, and this is how it ended; written before the settlement is asked for. */
  | {
      readonly kind: "handled";
      /** The process, for whoever has to find out what happened. */
      readonly by: string;
      readonly message: Named;
      readonly attempt: number;
      readonly outcome: "ack" | "retry" | "release";
    }
  /** `settle` with an ack resolved, and nothing was reported as stale. */
  | { readonly kind: "acked"; readonly message: Named };

export const publishedFile = (folder: string): string => join(folder, "published.ledger");
export const groupFile = (folder: string, group: string): string => join(folder, `${group}.ledger`);

/** Appends to a ledger. */
export function openLedger(file: string): (entries: readonly Entry[]) => void {
  const descriptor = openSync(file, "a");
  return (entries) => {
    writeSync(descriptor, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  };
}

export function readLedger(file: string): Entry[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Entry);
}
