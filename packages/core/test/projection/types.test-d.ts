import {
  createMesh,
  defineCatalog,
  defineEvent,
  type MemoryRows,
  type MeshEvent,
  memoryBroker,
  memoryStore,
  projection,
  type Store,
  typed,
} from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";
import { catalog, scanStarted } from "../mesh/support.js";

interface Scans {
  readonly count: number;
}
interface Sql {
  query(text: string): Promise<unknown[]>;
}
declare const sqlStore: Store<Sql>;

const started = "com.acme.scan.started.v1";
const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker(), store: memoryStore() });
const sql = createMesh({ service: "shop", catalog, broker: memoryBroker(), store: sqlStore });

const scans = projection("scans", {
  catalog,
  version: 1,
  document: typed<Scans>(),
  on: { [started]: (event, { documents }) => documents.set(event.data.digest, { count: 1 }) },
});

describe("a handler", () => {
  it("has the event of its type, typed documents, and where the event stands", () => {
    projection("scans", {
      catalog,
      version: 1,
      document: typed<Scans>(),
      on: {
        "com.acme.scan.finished.v1": async (event, { documents, stream, version, position, tx, signal }) => {
          expectTypeOf(event.data.critical).toEqualTypeOf<number>();
          expectTypeOf(event.severitynumber).toEqualTypeOf<number | undefined>();
          expectTypeOf(stream).toEqualTypeOf<string>();
          expectTypeOf([version, position]).toEqualTypeOf<number[]>();
          expectTypeOf(signal).toEqualTypeOf<AbortSignal>();
          expectTypeOf(tx.client).toEqualTypeOf<unknown>();
          expectTypeOf(await documents.get("a")).toEqualTypeOf<Scans | undefined>();
          const made = await documents.update("a", (scan) => ({ count: (scan?.count ?? 0) + 1 }));
          expectTypeOf(made).toEqualTypeOf<Scans>();
          // @ts-expect-error the schema has no such property
          event.data.sha;
          // @ts-expect-error a text is no count
          await documents.set("a", { count: "1" });
          // @ts-expect-error it returns nothing, which would be no document
          await documents.update("a", () => {});
        },
      },
    });
  });

  it("has the client that was stated", () => {
    projection("scans", {
      catalog,
      version: 1,
      client: typed<Sql>(),
      on: { [started]: (_, { tx }) => tx.client.query("select 1") },
      setup: ({ tx, version }) => {
        expectTypeOf(version).toEqualTypeOf<number>();
        return tx.client.query("create table …");
      },
      // @ts-expect-error it has no such function
      live: ({ tx }) => tx.client.run("create view …"),
    });
  });

  it("has the place in the channel where the events are from one", () => {
    projection("scans", {
      catalog,
      version: 1,
      from: { channel: "events" },
      on: {
        [started]: (_, context) => {
          expectTypeOf(context.channel).toEqualTypeOf<string>();
          expectTypeOf(context.offset).toEqualTypeOf<string>();
          // @ts-expect-error it is in no stream
          context.stream;
        },
      },
    });
  });

  it("takes any type, with unknown data, where there is no catalog", () => {
    const any = projection("any", {
      version: 1,
      on: { [started]: (event) => expectTypeOf(event).toEqualTypeOf<MeshEvent>() },
    });
    mesh.projection(any);
    const other = projection("any", { version: 1, on: { "org.other": () => undefined } });
    // @ts-expect-error no event of this mesh's catalog is handled as "org.other"
    mesh.projection(other);
  });
});

describe("a projection", () => {
  it("is refused with a type that the catalog does not have, or that is lifted to a newer one", () => {
    projection("scans", {
      catalog,
      version: 1,
      // @ts-expect-error no event of the catalog is handled as "com.acme.scan.startet.v1"
      on: { [started]: () => undefined, "com.acme.scan.startet.v1": () => undefined },
    });
    const newer = defineCatalog([
      scanStarted,
      defineEvent("com.acme.scan.started.v2", { schema: typed<{ readonly digest: string }>() }),
    ]).upcast(started, "com.acme.scan.started.v2", (data) => data);
    // @ts-expect-error no event of the catalog is handled as "com.acme.scan.started.v1"
    projection("scans", { catalog: newer, version: 1, on: { [started]: () => undefined } });
  });

  it("is refused with options that do not exist", () => {
    // @ts-expect-error no such source
    projection("scans", { catalog, version: 1, from: "stream", on: { [started]: () => undefined } });
    // @ts-expect-error a version is needed
    projection("scans", { catalog, on: { [started]: () => undefined } });
  });
});

describe("mesh.projection", () => {
  it("returns a handle with the documents' type", async () => {
    const handle = mesh.projection(scans);
    expectTypeOf(await handle.documents.get("a")).toEqualTypeOf<Scans | undefined>();
    const [first] = await handle.documents.list({ prefix: "a" });
    expectTypeOf(first?.document).toEqualTypeOf<Scans | undefined>();
  });

  it("refuses a projection of events that its catalog lacks, or has with other data", () => {
    const lacking = createMesh({
      service: "shop",
      catalog: defineCatalog([defineEvent("com.acme.other.v1")]),
      broker: memoryBroker(),
      store: memoryStore(),
    });
    // @ts-expect-error no event of this mesh's catalog is handled as "com.acme.scan.started.v1"
    lacking.projection(scans);
    const differing = createMesh({
      service: "shop",
      catalog: defineCatalog([defineEvent(started, { schema: typed<{ readonly digest: number }>() })]),
      broker: memoryBroker(),
      store: memoryStore(),
    });
    // @ts-expect-error the catalog of this mesh has other data for "com.acme.scan.started.v1"
    differing.projection(scans);
  });

  it("refuses a projection for another client", () => {
    const onSql = projection("scans", {
      catalog,
      version: 1,
      client: typed<Sql>(),
      on: { [started]: () => undefined },
    });
    sql.projection(onSql);
    // @ts-expect-error the store of this mesh has another client
    mesh.projection(onSql);
    sql.projection(scans);
    const onMemory = projection("scans", {
      catalog,
      version: 1,
      client: typed<MemoryRows>(),
      on: { [started]: (event, { tx }) => tx.client.set(event.data.digest, 1) },
    });
    mesh.projection(onMemory);
  });
});
