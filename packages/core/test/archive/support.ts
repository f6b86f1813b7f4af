import { silentLogger, systemClock } from "../../src/adapter.js";
import {
  type Archive,
  auditArchive,
  type LogEvent,
  type MeshEvent,
  memoryStore,
  type Store,
} from "../../src/index.js";

export async function openStore(): Promise<Store> {
  const store = memoryStore();
  await store.open({ clock: systemClock, logger: silentLogger });
  return store;
}

export function event(id: number | string, data: unknown = { nr: id }): MeshEvent {
  return { specversion: "1.0", id: String(id), source: "/shop", type: "com.acme.sold.v1", data };
}

/** So many events in a few streams, with ids from a first one on. */
export async function fill(store: Store, events: number, first = 0): Promise<void> {
  for (let id = first; id < first + events; id++)
    await store.streams.append(`sale/${id % 3}`, "any", [event(id)]);
}

export async function sealed(events: number): Promise<{ store: Store; archive: Archive }> {
  const store = await openStore();
  await fill(store, events);
  const archive = auditArchive(store);
  await archive.seal();
  return { store, archive };
}

/** The same store, but somebody has changed its log. */
export function tampered(store: Store, change: (log: LogEvent[]) => LogEvent[]): Store {
  return {
    ...delegate(store),
    streams: {
      append: (stream, expected, events, options) => store.streams.append(stream, expected, events, options),
      read: (stream, options) => store.streams.read(stream, options),
      readAll: (options) => store.streams.readAll(options),
      head: () => store.streams.head(),
      watch: (changed) => store.streams.watch(changed),
      async page({ after, limit }) {
        const log: LogEvent[] = [];
        for await (const one of store.streams.readAll()) log.push(one);
        const events = change(log)
          .filter(({ position }) => position > after)
          .slice(0, limit);
        return { events, through: events.at(-1)?.position ?? after };
      },
    },
  };
}

function delegate(store: Store): Store {
  return {
    name: store.name,
    capabilities: store.capabilities,
    outbox: store.outbox,
    streams: store.streams,
    documents: store.documents,
    open: (context) => store.open(context),
    transaction: (work, options) => store.transaction(work, options),
    pruneInbox: (before) => store.pruneInbox(before),
    checkpoints: (prefix) => store.checkpoints(prefix),
    close: () => store.close(),
  };
}
