/**
 * Plain files, apart from the broker, in which the processes write what happened, each into its own. A line is on its
 * way to the disk before anything follows from it: a SIGKILL loses at most the end of the last one.
 */
import { openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";

/** How a handler ended: done, failed and to be tried again, or given up on purpose. */
export type Outcome = "ok" | "failed" | "terminal";

/** Event id and attempt: what names a delivery within a group and a process. */
export type Delivered = readonly [id: string, attempt: number];

/** Times are milliseconds of `nowMs`; `at` is when the line was written. */
export type Entry =
  /** `publish` was called at `askedAt` and resolved. */
  | {
      readonly kind: "confirmed";
      readonly at: number;
      readonly askedAt: number;
      readonly ids: readonly string[];
    }
  /** The broker handed these to the process. */
  | {
      readonly kind: "delivered";
      readonly at: number;
      readonly group: string;
      readonly all: readonly Delivered[];
    }
  | { readonly kind: "begun"; readonly at: number; readonly group: string; readonly one: Delivered }
  /** Written before anything is settled. */
  | {
      readonly kind: "ended";
      readonly at: number;
      readonly group: string;
      readonly one: Delivered;
      readonly outcome: Outcome;
    }
  /** `settle` was called at `askedAt` and resolved, and nothing was reported as stale meanwhile. */
  | {
      readonly kind: "settled";
      readonly at: number;
      readonly askedAt: number;
      readonly group: string;
      readonly outcome: Settled;
      readonly all: readonly Delivered[];
    }
  /** The process left in good order, which gave back what it had not begun. */
  | { readonly kind: "left"; readonly at: number; readonly askedAt: number }
  /** The machine had no time for the process from `from` on. */
  | { readonly kind: "stalled"; readonly at: number; readonly from: number };

export type Settled = "ack" | "retry" | "release" | "deadLetter";

export type Write<E = Entry> = (entry: E) => void;

const ending = ".ledger";

export const isLedger = (file: string): boolean => file.endsWith(ending);

/** Appends to the ledger of a process. */
export function openLedger<E = Entry>(folder: string, name: string): Write<E> {
  const descriptor = openSync(join(folder, `${name}${ending}`), "a");
  return (entry) => void writeSync(descriptor, `${JSON.stringify(entry)}\n`);
}

/** What one process wrote, in the order of writing. */
export interface Ledger<E = Entry> {
  /** The process's name. */
  readonly by: string;
  readonly entries: readonly E[];
}

/** Every process's ledger. A torn last line is left out. */
export function* readLedgers<E = Entry>(folder: string): Generator<Ledger<E>> {
  for (const file of readdirSync(folder).filter(isLedger)) {
    const whole = readFileSync(join(folder, file), "utf8").split("\n").slice(0, -1);
    yield { by: basename(file, ending), entries: whole.map((line) => JSON.parse(line) as E) };
  }
}
