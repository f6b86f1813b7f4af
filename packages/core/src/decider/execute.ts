/** A command on a stream: read -> decide -> append, and again when another one was faster. */
import type { MeshEvent } from "../event/event.js";
import { deriveId } from "../event/ids.js";
import type { PublishEntry, PublishOptions } from "../publish/options.js";
import type { Prepared } from "../publish/publisher.js";
import type { Transaction } from "../store/contract.js";
import { fitting } from "../store/fitting.js";
import { withRetries } from "../store/nesting.js";
import type { Executed, ExecuteParts, Job } from "./job.js";
import { readSnapshot, type Snapshot, writeSnapshot } from "./snapshots.js";

const defaultRetries = 10;

export async function execute(job: Job): Promise<Executed<unknown>> {
  const { parts, decider, options } = job;
  if (options.tx !== undefined) return inTransaction(job, options.tx);
  const { retries = defaultRetries } = options;
  if (decider.publish || options.id !== undefined)
    return parts.store.transaction((tx) => inTransaction(job, tx), { retries });
  const done = await withRetries(retries, () => decideAndAppend(job, undefined));
  if (done.snapshot !== undefined) await keepSnapshot(job, done.snapshot);
  return done.executed;
}

async function inTransaction(job: Job, tx: Transaction): Promise<Executed<unknown>> {
  const { decider, stream, options, parts } = job;
  if (
    options.id !== undefined &&
    !(await tx.claim({ group: groupOf(parts), source: stream, id: options.id }))
  ) {
    const { state, version } = await load(job, tx);
    return { state, version, events: [], repeated: true };
  }
  const { executed, prepared, snapshot } = await decideAndAppend(job, tx);
  if (decider.publish && prepared.length > 0) await parts.publisher.store(prepared, tx, options.cause);
  if (snapshot !== undefined) await writeSnapshot(job, snapshot, tx);
  return executed;
}

interface Done {
  readonly executed: Executed<unknown>;
  readonly prepared: readonly Prepared[];
  /** To be kept, if it is time for one. */
  readonly snapshot: Snapshot | undefined;
}

async function decideAndAppend(job: Job, tx: Transaction | undefined): Promise<Done> {
  const { parts, decider, stream, command } = job;
  const before = await load(job, tx);
  const decision = await decider.decide(command, before.state);
  const prepared = entriesOf(decision).map((entry, ordinal) => prepare(job, entry, ordinal));
  if (prepared.length === 0) {
    const { state, version } = before;
    return { executed: { state, version, events: [], repeated: false }, prepared, snapshot: undefined };
  }
  const events = prepared.map(({ event }) => event);
  const { version, repeated } = await parts.store.streams.append(
    stream,
    before.version,
    events,
    tx === undefined ? {} : { tx },
  );
  const state = events.reduce((now, event) => evolve(job, now, event, version), before.state);
  const isDue = decider.snapshot !== undefined && version - before.kept >= decider.snapshot.every;
  return {
    executed: { state, version, events, repeated },
    prepared,
    snapshot: isDue ? { version, state } : undefined,
  };
}

interface Loaded extends Snapshot {
  /** The version of the snapshot that it was loaded from. */
  readonly kept: number;
}

async function load(job: Job, tx: Transaction | undefined): Promise<Loaded> {
  const { parts, decider, stream } = job;
  const kept = await readSnapshot(job, tx);
  let { state, version } = kept ?? { state: decider.initial, version: 0 };
  const from = version + 1;
  for await (const one of parts.store.streams.read(stream, tx === undefined ? { from } : { from, tx })) {
    state = evolve(job, state, one.event, one.version);
    version = one.version;
  }
  return { state, version, kept: kept?.version ?? 0 };
}

function evolve({ parts, decider, stream }: Job, state: unknown, event: MeshEvent, version: number): unknown {
  return decider.evolve(state, fitting(parts.catalog, { stream, version, event }) as never);
}

function entriesOf(decision: unknown): readonly PublishEntry[] {
  if (decision === undefined) return [];
  return (Array.isArray(decision) ? decision : [decision]) as readonly PublishEntry[];
}

function prepare(job: Job, { type, data, ...entry }: PublishEntry, ordinal: number): Prepared {
  const { parts, stream, options } = job;
  const { id, cause } = options;
  const derived: PublishOptions =
    id === undefined ? {} : { id: deriveId({ group: groupOf(parts), source: stream, id, ordinal }) };
  return parts.publisher.prepare(type, data, { ...derived, ...causedBy(cause), ...entry });
}

function causedBy(cause: MeshEvent | undefined): PublishOptions {
  if (cause === undefined) return {};
  const { id, correlationid = id, traceparent, tracestate } = cause;
  return {
    causationid: id,
    correlationid,
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined ? {} : { tracestate }),
  };
}

/** In the inbox, where commands are remembered. No consumer group has a line break in its name. */
function groupOf({ service }: ExecuteParts): string {
  return `commands\n${service}`;
}

/** The events are appended; without the snapshot the next one only reads more. */
async function keepSnapshot(job: Job, snapshot: Snapshot): Promise<void> {
  const { store, logger } = job.parts;
  await store
    .transaction((tx) => writeSnapshot(job, snapshot, tx), { retries: 1 })
    .catch((error: unknown) =>
      logger.warn({ err: error, stream: job.stream }, "a snapshot could not be kept"),
    );
}
