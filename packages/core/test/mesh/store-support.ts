import {
  type Catalog,
  type MemoryBroker,
  type MemoryRows,
  type Mesh,
  type MeshOptions,
  memoryBroker,
  memoryStore,
  type Store,
  type Transaction,
} from "@meshwright/core";
import {
  type Broker,
  BrokerError,
  storeRefusals,
  type WireMessage,
  withRetries,
} from "@meshwright/core/adapter";
import { makeMesh, type Server, type TestCatalog } from "./support.js";

export const published = "com.acme.artifact.published.v1";
export const started = "com.acme.scan.started.v1";

type StoreMesh = Mesh<TestCatalog, MemoryRows>;

/** A mesh with a memory store, and the store. */
export function storeMesh(
  options: Partial<MeshOptions<TestCatalog, MemoryRows>> & { readonly server?: Server } = {},
): { mesh: StoreMesh; store: Store<MemoryRows> } {
  const { store = memoryStore(), ...rest } = options;
  const mesh: Mesh<Catalog, unknown> = makeMesh({ ...rest, store } as Parameters<typeof makeMesh>[0]);
  return { mesh: mesh as unknown as StoreMesh, store };
}

/** What the mesh's handler of a type has been given, in order. */
export function digestsOf(mesh: StoreMesh, type: typeof published | typeof started = published): string[] {
  const digests: string[] = [];
  mesh.on(type, { name: "recorder" }, (event) => void digests.push(event.data.digest));
  return digests;
}

/** A broker whose publishes go through a function. */
export function brokerThrough(
  publish: (messages: readonly WireMessage[], send: () => Promise<void>) => Promise<void>,
  inner: MemoryBroker = memoryBroker(),
): Broker {
  const broker: Broker & Pick<MemoryBroker, "inspect"> = {
    name: inner.name,
    capabilities: inner.capabilities,
    open: (context) => inner.open(context),
    publish: (channel, messages) => publish(messages, () => inner.publish(channel, messages)),
    subscribe: (request) => inner.subscribe(request),
    close: () => inner.close(),
    inspect: () => inner.inspect(),
  };
  return broker;
}

export const unavailable = (): BrokerError =>
  new BrokerError("BROKER_UNAVAILABLE", "The broker is away.", { retryable: true });

/** A store that loses so many commits of transactions that did something to another one. */
export function losing(commits: number): Store<MemoryRows> {
  const inner = memoryStore();
  let left = commits;
  const store: Store<MemoryRows> = {
    name: inner.name,
    capabilities: inner.capabilities,
    outbox: inner.outbox,
    streams: inner.streams,
    documents: inner.documents,
    checkpoints: (prefix) => inner.checkpoints(prefix),
    open: (context) => inner.open(context),
    transaction: (work, { retries = 0 } = {}) =>
      withRetries(retries, () =>
        inner.transaction(async (tx) => {
          const own: Transaction<MemoryRows> = { ...tx, store };
          const result = await work(own);
          if (left-- > 0) throw storeRefusals.conflict(undefined);
          return result;
        }),
      ),
    pruneInbox: (before) => inner.pruneInbox(before),
    close: () => inner.close(),
  };
  return store;
}

/** Lets everything happen that can without time passing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}
