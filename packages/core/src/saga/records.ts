/**
 * What is kept of the instances of a saga, as documents: a record of each, its journal in pieces, one for each activation, and an
 * index of when each has to be looked at again.
 */
import type { Documents } from "../store/documents.js";
import type { SagaTransaction } from "./documents.js";
import type { ErrorRecord } from "./errors.js";
import type { EndState, JournalEntry } from "./journal.js";

export type SagaState = "running" | EndState | "stopped";

/** What has come for an instance and is not in its journal yet. */
export type Arrival =
  | {
      readonly kind: "event";
      readonly command: number;
      /** As `Met`. */
      readonly name: string;
      readonly event: unknown;
    }
  | { readonly kind: "signal"; readonly name: string; readonly value?: unknown }
  | { readonly kind: "cancel"; readonly reason: string };

/** Where a wait stands in the index of waits. */
export interface WaitPlace {
  readonly command: number;
  readonly place: string;
}

export interface InstanceRecord {
  readonly key: string;
  /** Of this run, and of no other: what it publishes and its steps are named by it. */
  readonly id: string;
  /** Counts the runs of this key, from 1. */
  readonly run: number;
  /** Of the saga's code. */
  readonly version: number;
  /** "stopped": its code does not fit its journal, or could not be run. */
  readonly state: SagaState;
  readonly start: unknown;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly changedAt: number;
  /** Entries in its journal. */
  readonly length: number;
  /** Which are in so many pieces. */
  readonly pieces: number;
  /** When it has to be looked at again, in the index of these times. */
  readonly due?: number;
  /** The process that has it in memory, until when, and how often it has changed hands. */
  readonly owner?: string;
  readonly until?: number;
  readonly epoch: number;
  readonly waits: readonly WaitPlace[];
  /** The names of events that it has had of late. */
  readonly seen: readonly string[];
  readonly arrivals: readonly Arrival[];
  /** Signals that nothing waited for yet. */
  readonly signals: readonly { readonly name: string; readonly value?: unknown }[];
  /** The event that starts the next run, when this one has ended. */
  readonly next?: unknown;
  /** That is the same one, going on. */
  readonly goesOn?: boolean;
  readonly value?: unknown;
  readonly error?: ErrorRecord;
}

/** The collection of a saga. */
export const collectionOf = (saga: string): string => `saga.${saga}`;

/** Its parts: how their keys begin. */
export const parts = {
  instances: "instance ",
  journals: "journal ",
  due: "due ",
  waits: "wait ",
  shapes: "shape ",
  recent: "recent ",
} as const;

const digits = 15;

const padded = (number: number, length: number): string => String(number).padStart(length, "0");

/** In JSON no key is the beginning of another. */
const journalPrefix = (key: string, run: number): string => `${JSON.stringify(key)} ${run} `;

export const dueKey = (due: number, key: string): string => `${padded(due, digits)} ${key}`;

/** Of `dueKey`. */
export function dueFrom(text: string): { readonly due: number; readonly key: string } {
  return { due: Number(text.slice(0, digits)), key: text.slice(digits + 1) };
}

export async function readRecord(documents: Documents, key: string): Promise<InstanceRecord | undefined> {
  const body = (await documents.read(parts.instances, [key])).get(key);
  return body === undefined ? undefined : (JSON.parse(body) as InstanceRecord);
}

export async function readJournal(
  documents: Documents,
  { key, run, pieces }: Pick<InstanceRecord, "key" | "run" | "pieces">,
): Promise<JournalEntry[]> {
  const entries: JournalEntry[] = [];
  const prefix = journalPrefix(key, run);
  for (let after: string | undefined; ; ) {
    const page = await documents.list(parts.journals, {
      prefix,
      limit: 1_000,
      ...(after === undefined ? {} : { after }),
    });
    for (const { body } of page) entries.push(...(JSON.parse(body) as JournalEntry[]));
    after = page.at(-1)?.key;
    if (page.length < 1_000 || after === undefined) break;
  }
  return pieces === 0 ? [] : entries;
}

/** Writes a record over, with what is new in its journal. */
export async function writeRecord(
  tx: SagaTransaction,
  { before, after, entries }: RecordChange,
): Promise<InstanceRecord> {
  const { documents } = tx;
  const pieces = after.pieces + (entries.length > 0 ? 1 : 0);
  const record: InstanceRecord = { ...after, pieces, length: after.length + entries.length };
  if (entries.length > 0) {
    const key = journalPrefix(after.key, after.run) + padded(pieces, 9);
    await documents.write(parts.journals, [{ key, body: JSON.stringify(entries) }]);
  }
  await documents.write(parts.instances, [{ key: record.key, body: JSON.stringify(record) }]);
  await moveDue(tx, { key: record.key, from: before?.due, to: record.due });
  return record;
}

export interface RecordChange {
  readonly before: InstanceRecord | undefined;
  /** `pieces` and `length` as they were. */
  readonly after: InstanceRecord;
  readonly entries: readonly JournalEntry[];
}

async function moveDue(
  { documents }: SagaTransaction,
  {
    key,
    from,
    to,
  }: { readonly key: string; readonly from: number | undefined; readonly to: number | undefined },
): Promise<void> {
  if (from === to) return;
  const gone = from === undefined ? [] : [{ key: dueKey(from, key), body: undefined }];
  const put = to === undefined ? [] : [{ key: dueKey(to, key), body: "1" }];
  await documents.write(parts.due, [...gone, ...put]);
}

/** Forgets an instance and its journal. */
export async function removeRecord(tx: SagaTransaction, record: InstanceRecord): Promise<void> {
  const prefix = journalPrefix(record.key, record.run);
  for (;;) {
    const page = await tx.documents.list(parts.journals, { prefix, limit: 1_000 });
    if (page.length === 0) break;
    await tx.documents.write(
      parts.journals,
      page.map(({ key }) => ({ key, body: undefined })),
    );
  }
  await tx.documents.write(parts.instances, [{ key: record.key, body: undefined }]);
  await moveDue(tx, { key: record.key, from: record.due, to: undefined });
}

/** Keeps so many entries of a journal, in one piece. */
export async function cutJournal(
  tx: SagaTransaction,
  record: InstanceRecord,
  length: number,
): Promise<Pick<InstanceRecord, "length" | "pieces">> {
  const { key, run, pieces } = record;
  const kept = (await readJournal(tx.documents, record)).slice(0, length);
  const piece = (number: number): string => journalPrefix(key, run) + padded(number, 9);
  const changes = Array.from({ length: pieces }, (_, at) => ({
    key: piece(at + 1),
    body: at === 0 ? JSON.stringify(kept) : undefined,
  }));
  await tx.documents.write(parts.journals, changes);
  return { length: kept.length, pieces: Math.min(pieces, 1) };
}

/** For who has the instance, or may have it. */
export async function leaveWord(
  tx: SagaTransaction,
  before: InstanceRecord,
  arrivals: readonly Arrival[],
  due: number | undefined,
): Promise<void> {
  if (arrivals.length === 0) return;
  const after = {
    ...before,
    ...(due === undefined ? {} : { due }),
    arrivals: [...before.arrivals, ...arrivals],
  };
  await writeRecord(tx, { before, after, entries: [] });
}

export function isEnded({ state }: Pick<InstanceRecord, "state">): boolean {
  return state !== "running" && state !== "stopped";
}
