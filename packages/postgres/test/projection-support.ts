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
import type { PostgresStore } from "@meshwright/postgres";
import type { PoolClient } from "pg";

export const added = "com.acme.count.added.v1";
const catalog = defineCatalog([
  defineEvent(added, {
    schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
  }),
]);
type CountMesh = Mesh<typeof catalog, PoolClient>;

export function countMesh(store: PostgresStore, clock: Clock = systemClock): CountMesh {
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

export interface AppliedOptions {
  readonly version?: number;
  /** In the transaction, when all is written. */
  readonly handles?: (position: number, client: PoolClient) => unknown;
  readonly live?: (change: ProjectionChange<PoolClient>) => unknown;
}

export type Applied = Projection<
  MeshEvent<typeof added, { readonly n: number }>,
  readonly number[],
  PoolClient
>;

/** Its tables are "applied_1" and so on: a row for each event, in the order in which it was handled. */
export function applied({ version = 1, handles, live }: AppliedOptions = {}): Applied {
  return projection("applied", {
    catalog,
    version,
    document: typed<readonly number[]>(),
    client: typed<PoolClient>(),
    on: {
      [added]: async ({ data }, { tx, documents, stream, position }) => {
        await tx.client.query(`INSERT INTO applied_${version} (position, n) VALUES ($1, $2)`, [
          position,
          data.n * version,
        ]);
        await documents.update(stream, (found = []) => [...found, data.n * version]);
        await handles?.(position, tx.client);
      },
    },
    setup: ({ tx }) =>
      tx.client.query(`CREATE TABLE applied_${version} (nr bigserial, position bigint, n int)`),
    ...(live && { live }),
  });
}
