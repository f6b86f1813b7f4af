import {
  createMesh,
  type Duration,
  defineCatalog,
  defineEvent,
  type MemoryDatabase,
  type MemoryRows,
  type Mesh,
  type MeshEvent,
  type MeshOptions,
  memoryBroker,
  memoryDatabase,
  memoryStore,
  type Projection,
  type ProjectionChange,
  type ProjectionHandle,
  type ProjectionHealth,
  projection,
  type Store,
  silentLogger,
  systemClock,
  type Transaction,
  typed,
} from "@meshwright/core";
import { onTestFinished } from "vitest";

const counted = {
  schema: {
    type: "object",
    required: ["n"],
    properties: { n: { type: "integer" } },
  },
} as const;

export const added = "com.acme.count.added.v2";
export const addedBefore = "com.acme.count.added.v1";
export const cleared = "com.acme.count.cleared.v1";
export const catalog = defineCatalog([
  defineEvent(added, counted),
  defineEvent(addedBefore, { schema: typed<{ readonly by: number }>({}) }),
  defineEvent(cleared),
]).upcast(addedBefore, added, ({ by }) => ({ n: by }));
export type TestCatalog = typeof catalog;

/** What is counted of a stream: the numbers, in order. */
export interface Counted {
  readonly numbers: readonly number[];
}

export type CountMesh = Mesh<TestCatalog, MemoryRows>;

let ids = 0;

export function event(type: string, data?: unknown): MeshEvent {
  ids += 1;
  return {
    specversion: "1.0",
    id: `event-${ids}`,
    source: "/counts",
    type,
    time: "2026-03-01T00:00:00Z",
    datacontenttype: "application/json",
    data,
  };
}

/** Adds numbers to a stream, each an event. */
export async function add(store: Store<MemoryRows>, stream: string, ...numbers: number[]): Promise<void> {
  await store.streams.append(
    stream,
    "any",
    numbers.map((n) => event(added, { n })),
  );
}

export type Counts = Projection<MeshEvent<typeof added, { readonly n: number }>, Counted, MemoryRows>;

export interface CountsOptions {
  readonly version?: number;
  readonly timeout?: Duration;
  /** Called before, with the number. */
  readonly touch?: (n: number, signal: AbortSignal) => unknown;
  readonly setup?: (change: ProjectionChange<MemoryRows>) => unknown;
  readonly live?: (change: ProjectionChange<MemoryRows>) => unknown;
}

/** Keeps the numbers of each stream, times the version. */
export function counts({ touch, version = 1, ...options }: CountsOptions = {}): Counts {
  return projection("counts", {
    catalog,
    version,
    ...options,
    document: typed<Counted>(),
    client: typed<MemoryRows>(),
    on: {
      [added]: async ({ data }, { documents, stream, signal }) => {
        await touch?.(data.n, signal);
        const n = data.n * version;
        await documents.update(stream, (found) => ({ numbers: [...(found?.numbers ?? []), n] }));
      },
    },
  });
}

export function countMesh(
  options: Partial<MeshOptions<TestCatalog, MemoryRows>> & { readonly database?: MemoryDatabase } = {},
): { readonly mesh: CountMesh; readonly store: Store<MemoryRows> } {
  const { database = memoryDatabase(), store = memoryStore({ database }), ...rest } = options;
  const mesh = createMesh({ service: "counts", catalog, broker: memoryBroker(), ...rest, store });
  onTestFinished(() => mesh.stop({ timeout: 0 }));
  return { mesh, store };
}

/** A mesh that runs with a projection. */
export async function running(
  of: Counts,
  options: Parameters<typeof countMesh>[0] = {},
): Promise<ReturnType<typeof countMesh> & { readonly handle: ProjectionHandle<Counted> }> {
  const { mesh, store } = countMesh(options);
  const handle = mesh.projection(of);
  await mesh.start();
  return { mesh, store, handle };
}

export async function healthOf(mesh: CountMesh): Promise<ProjectionHealth> {
  const [health] = (await mesh.health()).projections;
  if (health === undefined) throw new Error("the mesh has no projection");
  return health;
}

export async function numbersIn(
  handle: ProjectionHandle<Counted>,
  stream: string,
): Promise<readonly number[] | undefined> {
  return (await handle.documents.get(stream))?.numbers;
}

/** A store that is open before its mesh starts. */
export async function openStore(database: MemoryDatabase = memoryDatabase()): Promise<Store<MemoryRows>> {
  const store = memoryStore({ database });
  await store.open({ clock: systemClock, logger: silentLogger });
  return store;
}

type Work<T> = (tx: Transaction<MemoryRows>) => Promise<T>;

/** A store whose transactions go through a function, and that does for the rest what another one does. */
export function storeThrough(
  inner: Store<MemoryRows>,
  through: <T>(work: Work<T>, run: (work: Work<T>) => Promise<T>) => Promise<T>,
): Store<MemoryRows> {
  const transaction: Store<MemoryRows>["transaction"] = (work, options) =>
    through(work, (own) => inner.transaction(own, options));
  return new Proxy(inner, {
    get(target, name) {
      if (name === "transaction") return transaction;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
