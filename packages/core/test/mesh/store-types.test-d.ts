import {
  createMesh,
  type MemoryRows,
  memoryBroker,
  memoryStore,
  type Store,
  type Transaction,
} from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";
import { catalog } from "./support.js";

interface Sql {
  query(text: string): Promise<unknown[]>;
}
declare const sqlStore: Store<Sql>;
declare const sqlTx: Transaction<Sql>;
declare const memoryTx: Transaction<MemoryRows>;

const published = "com.acme.artifact.published.v1";
const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker(), store: memoryStore() });
const sql = createMesh({ service: "shop", catalog, broker: memoryBroker(), store: sqlStore });
const without = createMesh({ service: "shop", catalog, broker: memoryBroker() });

describe("ctx.tx", () => {
  it("is there in a transactional handler, with the client of the mesh's store", () => {
    mesh.on(published, { transactional: true }, (event, ctx) => {
      expectTypeOf(ctx.tx).toEqualTypeOf<Transaction<MemoryRows>>();
      expectTypeOf(event.data.digest).toEqualTypeOf<string>();
      ctx.tx.client.set("row", event.data.digest);
      // @ts-expect-error the memory store has no such thing
      ctx.tx.client.query("select 1");
      ctx.publish("com.acme.scan.started.v1", { digest: event.data.digest });
      // @ts-expect-error it is in the transaction as it is
      ctx.publish("com.acme.scan.started.v1", { digest: "d" }, { tx: ctx.tx });
    });
    sql.on("com.acme.scan.*", { name: "audit", transactional: true, timeout: "1s" }, (_, ctx) => {
      expectTypeOf(ctx.tx.client).toEqualTypeOf<Sql>();
    });
  });

  it("is not there in others", () => {
    mesh.on(published, (_, ctx) => {
      // @ts-expect-error not transactional
      ctx.tx;
    });
    mesh.on(published, { name: "audit" }, (_, ctx) => {
      // @ts-expect-error not transactional
      ctx.tx;
    });
    mesh.on(published, { transactional: false }, (_, ctx) => {
      // @ts-expect-error not transactional
      ctx.tx;
    });
  });
});

describe("tx", () => {
  it("is the result of the store's transaction, and passes its result on", () => {
    expectTypeOf(() =>
      sqlStore.transaction((tx) => tx.client.query("select 1")),
    ).returns.resolves.toEqualTypeOf<unknown[]>();
  });

  it("is taken with the client of the mesh's store", () => {
    void (() => mesh.publish(published, { digest: "d" }, { tx: memoryTx, subject: "web" }));
    void (() => sql.publishAll([{ type: published, data: { digest: "d" } }], { tx: sqlTx }));
  });

  it("is refused with another client", () => {
    // @ts-expect-error of another store
    void (() => mesh.publish(published, { digest: "d" }, { tx: sqlTx }));
    // @ts-expect-error of another store
    void (() => sql.publishAll([{ type: published, data: { digest: "d" } }], { tx: memoryTx }));
  });

  it("belongs to the whole of publishAll", () => {
    // @ts-expect-error not to an entry
    void (() => mesh.publishAll([{ type: published, data: { digest: "d" }, tx: memoryTx }]));
  });
});

describe("a mesh without a store", () => {
  it("is a mesh like any other", () => {
    without.on(published, (event) => void event.data.digest);
  });
});
