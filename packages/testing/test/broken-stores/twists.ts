/** Twists for streams, the log, documents and checkpoints, as `sin.ts` has them for the rest. */
import type { MemoryRows, MeshEvent, Streams } from "@meshwright/core";
import {
  type Documents,
  type LogAccess,
  type LogRow,
  type StreamAppend,
  type StreamFound,
  type StreamWritten,
  streamsOn,
  type Transaction,
  type TransactionDocuments,
} from "@meshwright/core/adapter";
import { type AnyStore, delegate, type Stage, withTransactions } from "./sin.js";

type AnyStreams = Streams<Transaction>;

/** What services call, as the twist makes it. */
export function withStreams(store: AnyStore, twist: (streams: AnyStreams) => Partial<AnyStreams>): AnyStore {
  const { streams } = store;
  const plain: AnyStreams = {
    append: (stream, expected, events, options) => streams.append(stream, expected, events, options),
    read: (stream, options) => streams.read(stream, options),
    readAll: (options) => streams.readAll(options),
    page: (options) => streams.page(options),
    head: () => streams.head(),
    watch: (changed) => streams.watch(changed),
  };
  return { ...delegate(store), streams: { ...plain, ...twist(streams) } };
}

/** What streams are made of, in transactions and outside of them, as the twist makes it. */
export function withLog(
  store: AnyStore,
  stage: Stage,
  twist: (log: LogAccess, tx?: Transaction) => Partial<LogAccess>,
): AnyStore {
  const outside = outsideOf(store, stage);
  const streams = streamsOn({
    ...outside,
    ...twist(outside),
    head: () => store.streams.head(),
    watch: (changed) => store.streams.watch(changed),
  });
  const twisted: AnyStore = withTransactions({ ...delegate(store), streams }, (tx) => ({
    store: twisted,
    log: { ...plainLog(tx.log), ...twist(tx.log, tx) },
  }));
  return twisted;
}

function plainLog(log: LogAccess): LogAccess {
  return {
    append: (append) => log.append(append),
    read: (read) => log.read(read),
    page: (page) => log.page(page),
  };
}

function outsideOf(store: AnyStore, { database: { events } }: Stage): LogAccess {
  return {
    append: (append) => store.transaction(({ log }) => log.append(append), { retries: 100 }),
    read: async (read) => events.read(read, events.committed),
    page: async (page) => events.page(page, events.committed),
  };
}

/** Writes as if it were committed already, whatever becomes of the transaction. */
export function writeNow({ database }: Stage, append: StreamAppend): Promise<StreamWritten | StreamFound> {
  return database.inTurn(async () => {
    const answer = database.events.append(append);
    database.events.commit();
    return answer;
  });
}

/** All that is committed. */
export function committedRows({ database: { events } }: Stage): readonly LogRow[] {
  return events.page({ after: 0, limit: Number.POSITIVE_INFINITY }, events.committed).rows;
}

/** The log as the twist orders and numbers it. */
export function withRows(
  store: AnyStore,
  stage: Stage,
  twist: (rows: readonly LogRow[]) => readonly LogRow[],
): AnyStore {
  return withLog(store, stage, () => ({
    async page({ after, limit }) {
      const rows = twist(committedRows(stage))
        .filter(({ position }) => position > after)
        .slice(0, limit);
      return { rows, through: rows.at(-1)?.position ?? after };
    },
  }));
}

/** Names an event of a stream. */
export function nameOf(stream: string, { source, id }: Pick<MeshEvent, "source" | "id">): string {
  return JSON.stringify([stream, source, id]);
}

export function nameOfRow({ stream, text }: LogRow): string {
  return nameOf(stream, JSON.parse(text));
}

/** What documents of a store and of a transaction have in common, as the twist makes it. */
export function withDocuments(
  store: AnyStore,
  twist: (documents: Documents) => Partial<Documents>,
): AnyStore {
  const { documents } = store;
  const inTransactions = withWrites(store, (own) => twist(own));
  return {
    ...inTransactions,
    documents: {
      read: (collection, keys) => documents.read(collection, keys),
      list: (collection, options) => documents.list(collection, options),
      clear: (collection) => documents.clear(collection),
      ...twist(documents),
    },
  };
}

/** Documents in transactions, as the twist makes them. */
export function withWrites(
  store: AnyStore,
  twist: (documents: TransactionDocuments) => Partial<TransactionDocuments>,
): AnyStore {
  return withTransactions(store, ({ documents }) => ({
    documents: {
      read: (collection, keys) => documents.read(collection, keys),
      list: (collection, options) => documents.list(collection, options),
      write: (collection, changes) => documents.write(collection, changes),
      ...twist(documents),
    },
  }));
}

/** Tells of the end of each transaction. */
export function withEnds(
  store: AnyStore,
  ended: (tx: Transaction<MemoryRows>, how: "committed" | "rolled back") => void,
): AnyStore {
  return {
    ...delegate(store),
    async transaction(work, options) {
      const begun: Transaction<MemoryRows>[] = [];
      const end = (how: "committed" | "rolled back"): void => {
        for (const tx of begun) ended(tx, how);
      };
      const done = store.transaction((tx) => {
        begun.push(tx);
        return work(tx);
      }, options);
      await done.then(
        () => end("committed"),
        () => end("rolled back"),
      );
      return done;
    },
  };
}

/** In another turn of the event loop. */
export function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What LIKE makes of the beginning of a text. */
export function like(prefix: string): RegExp {
  const pattern = prefix
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replaceAll("%", ".*")
    .replaceAll("_", ".");
  return new RegExp(`^${pattern}`, "su");
}
