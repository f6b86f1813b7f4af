/** What people can ask of sagas, and have done with them. */
import { MeshError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Store } from "../store/contract.js";
import { committedDocuments } from "./documents.js";
import type { ErrorRecord } from "./errors.js";
import { readEvent } from "./events.js";
import type { JournalEntry } from "./journal.js";
import {
  collectionOf,
  cutJournal,
  type InstanceRecord,
  parts,
  readJournal,
  readRecord,
  type SagaState,
} from "./records.js";
import type { SagaRunner } from "./runner.js";

export interface SagaInstance {
  readonly saga: string;
  readonly key: string;
  /** Counts the runs of this key, from 1. */
  readonly run: number;
  /** Of the code that it runs with. */
  readonly version: number;
  readonly state: SagaState;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly changedAt: number;
  /** What the function returned. */
  readonly value?: unknown;
  readonly error?: ErrorRecord;
}

/** An instance and all that happened to it: what `sagaHarness` replays. */
export interface SagaHistory extends SagaInstance {
  readonly start: MeshEvent;
  readonly journal: readonly JournalEntry[];
}

export interface SagaQuery {
  readonly name: string;
  readonly state?: SagaState;
  /** Keys behind this one only. */
  readonly after?: string;
  /** At most so many. Default 100. */
  readonly limit?: number;
}

export interface SagaOperations {
  /** Instances of a saga, in the order of their keys. */
  list(query: SagaQuery): Promise<readonly SagaInstance[]>;
  /** An instance with its journal; undefined where there is none. */
  get(name: string, key: string): Promise<SagaHistory | undefined>;
  /**
   * Cancels an instance: all it waits for rejects, and its compensations follow. One that has ended stays as it is.
   *
   * @returns whether it was running
   * @throws MeshError `SAGA_UNKNOWN`
   */
  cancel(name: string, key: string, reason?: string): Promise<boolean>;
  /**
   * Tells an instance something it waits for with `run.signal`, or will. Without a value that is null.
   *
   * @returns whether it was running
   * @throws MeshError `SAGA_UNKNOWN`
   */
  signal(name: string, key: string, signal: string, value?: unknown): Promise<boolean>;
  /**
   * Goes on with an instance that failed or stands still. Where it ended because a step had failed, that is tried again; else the
   * code behind what was done last runs again.
   *
   * @returns whether there is one
   * @throws MeshError `SAGA_UNKNOWN`, `SAGA_NOT_RETRYABLE` where it neither failed nor stands still
   */
  retry(name: string, key: string): Promise<boolean>;
  /**
   * Begins a new instance that has done what another one did before a step: to try from there again, with the code of now. The
   * other one stays as it is. Its steps from there on are done anew, with idempotency keys of their own.
   *
   * @param from - the step's name; of several of that name the first
   * @param as - the key of the new instance
   * @returns whether there is one to fork
   * @throws MeshError `SAGA_UNKNOWN`, `SAGA_EXISTS` where the new key is taken, `SAGA_STEP_UNKNOWN` where that step was not begun
   */
  fork(
    name: string,
    key: string,
    { from, as }: { readonly from: string; readonly as: string },
  ): Promise<boolean>;
}

export function sagaOperations(
  store: Store,
  runnerOf: (name: string) => SagaRunner | undefined,
): SagaOperations {
  const running = (name: string): SagaRunner => {
    const runner = runnerOf(name);
    if (runner === undefined)
      throw new MeshError(
        "SAGA_UNKNOWN",
        `This mesh has no saga "${name}". Give it to mesh.saga, or ask a mesh that has it.`,
      );
    return runner;
  };
  return {
    async list({ name, state, after, limit = 100 }) {
      const found: SagaInstance[] = [];
      for (let from = after; found.length < limit; ) {
        const options = { limit: 1_000, ...(from === undefined ? {} : { after: from }) };
        const page = await committedDocuments(store, collectionOf(name)).list(parts.instances, options);
        for (const { body } of page) {
          const record = JSON.parse(body) as InstanceRecord;
          if (state === undefined || record.state === state) found.push(instanceOf(name, record));
        }
        from = page.at(-1)?.key;
        if (page.length < 1_000) break;
      }
      return found.slice(0, limit);
    },
    async get(name, key) {
      const documents = committedDocuments(store, collectionOf(name));
      const record = await readRecord(documents, key);
      if (record === undefined) return undefined;
      const journal = await readJournal(documents, record);
      return { ...instanceOf(name, record), start: readEvent(record.start), journal };
    },
    cancel: (name, key, reason = "by an operator") =>
      running(name).tell(key, { arrivals: [{ kind: "cancel", reason }] }),
    signal: (name, key, signal, value = null) =>
      running(name).tell(key, { arrivals: [{ kind: "signal", name: signal, value }] }),
    retry: (name, key) => {
      const runner = running(name);
      return runner.change(key, async (tx, record) => {
        const journal = await readJournal(tx.documents, record);
        const { due: _due, owner: _owner, until: _until, error: _error, ...rest } = record;
        const length = retryFrom(record, journal);
        const cut = length < journal.length ? await cutJournal(tx, record, length) : {};
        return { ...rest, ...cut, state: "running", due: runner.now };
      });
    },
    fork: (name, key, { from, as }) => running(name).fork({ key, from, as }),
  };
}

/** How much of a journal stays. */
function retryFrom({ state }: InstanceRecord, journal: readonly JournalEntry[]): number {
  if (state === "stopped") return journal.length;
  if (state !== "failed") throw notRetryable(`it is ${state}`);
  const last = journal.findLastIndex((entry) => entry.kind === "attempt" && entry.due === undefined);
  const isWhy = journal.slice(last + 1, -1).every(({ kind }) => kind === "value" || kind === "patched");
  return last >= 0 && isWhy ? last : journal.length - 1;
}

function notRetryable(why: string): MeshError {
  return new MeshError("SAGA_NOT_RETRYABLE", `The instance cannot be tried again: ${why}.`);
}

function instanceOf(saga: string, record: InstanceRecord): SagaInstance {
  const { key, run, version, state, startedAt, changedAt, value, error } = record;
  return {
    saga,
    key,
    run,
    version,
    state,
    startedAt,
    changedAt,
    ...(value === undefined ? {} : { value }),
    ...(error === undefined ? {} : { error }),
  };
}
