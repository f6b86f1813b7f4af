/** A projection of numbers that keeps a row for each event, and the numbers of each stream. */
import {
  type Clock,
  createMesh,
  defineCatalog,
  defineEvent,
  type Mesh,
  type MeshEvent,
  memoryBroker,
  type Projection,
  type ProjectionChange,
  projection,
  systemClock,
  typed,
} from "@meshwright/core";
import type { SqliteClient, SqliteStore } from "@meshwright/sqlite";

const added = "com.acme.count.added.v1";
const catalog = defineCatalog([
  defineEvent(added, {
    schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
  }),
]);

export function countMesh(
  store: SqliteStore,
  clock: Clock = systemClock,
): Mesh<typeof catalog, SqliteClient> {
  return createMesh({ service: "counts", catalog, broker: memoryBroker(), store, clock });
}

let ids = 0;

/** An event for each number, with an id that no other process has. */
export function numbered(...numbers: readonly number[]): MeshEvent[] {
  return numbers.map((n) => {
    ids += 1;
    const id = `${process.pid}-${ids}`;
    return { specversion: "1.0", id, source: "/counts", type: added, data: { n } };
  });
}

interface AppliedOptions {
  readonly version?: number;
  /** In the transaction, before anything is written. */
  readonly handles?: (position: number) => unknown;
  readonly live?: (change: ProjectionChange<SqliteClient>) => unknown;
}

type Applied = Projection<MeshEvent<typeof added, { readonly n: number }>, readonly number[], SqliteClient>;

/** Its tables are "applied_1" and so on: a row for each event, in the order in which it was handled. */
export function applied({ version = 1, handles, live }: AppliedOptions = {}): Applied {
  return projection("applied", {
    catalog,
    version,
    document: typed<readonly number[]>(),
    client: typed<SqliteClient>(),
    on: {
      [added]: async ({ data }, { tx, documents, stream, position }) => {
        await handles?.(position);
        const n = data.n * version;
        tx.client.prepare(`INSERT INTO applied_${version} (position, n) VALUES (?, ?)`).run(position, n);
        await documents.update(stream, (found = []) => [...found, n]);
      },
    },
    setup: ({ tx }) =>
      tx.client.prepare(`CREATE TABLE applied_${version} (nr INTEGER PRIMARY KEY, position, n)`).run(),
    ...(live && { live }),
  });
}
