import type { PostgresStore } from "@meshwright/postgres";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { isWaiting } from "./streams/support.js";
import { database, openStore, poolOn } from "./support.js";

test("of many that hold and move in turn none is given an old position, and no move gets lost", async () => {
  const url = await database();
  const stores = await Promise.all(Array.from({ length: 8 }, () => openStore({ url })));
  const enough = 60;
  const moved = await Promise.all(
    stores.map(async (store) => {
      let count = 0;
      for (let position: number | undefined = 0; position === undefined || position < enough; ) {
        position = await store.transaction(async (tx) => {
          const held = await tx.hold("c");
          if (held !== undefined && held < enough) {
            await tx.move("c", held + 1);
            count += 1;
          }
          return held;
        });
      }
      return count;
    }),
  );
  expect(moved.reduce((sum, one) => sum + one)).toBe(enough);
  const [store] = stores as [PostgresStore];
  expect(await store.checkpoints("c")).toMatchObject([{ name: "c", position: enough }]);
});

test("a hold tells where the checkpoint is by now, not where it was when the statement began", async () => {
  const url = await database();
  const store = await openStore({ url });
  await store.transaction(async (tx) => {
    await tx.hold("c");
    await tx.move("c", 5);
  });
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; UPDATE mw_checkpoints SET position = 7");
  const held = store.transaction((tx) => tx.hold("c"));
  await isWaiting(poolOn(url), "mw_checkpoints");
  await client.query("COMMIT");
  expect(await held).toBe(7);
});

test("a hold that was rolled back to a savepoint does not move over what another has moved since", async () => {
  const url = await database();
  const store = await openStore({ url });
  const client = new pg.Client(url);
  await client.connect();
  onTestFinished(() => client.end());
  await client.query("BEGIN; SAVEPOINT before");
  const tx = store.enlist(client);
  expect(await tx.hold("c")).toBe(0);
  await client.query("ROLLBACK TO before");
  await store.transaction(async (other) => {
    expect(await other.hold("c")).toBe(0);
    await other.move("c", 5);
  });
  await expect(tx.move("c", 1)).rejects.toMatchObject({ code: "STORE_CONFLICT" });
  await client.query("ROLLBACK");
  expect(await store.checkpoints("")).toMatchObject([{ name: "c", position: 5 }]);
});

test("long and odd names are names", async () => {
  const store = await openStore({ url: await database() });
  const long = "x".repeat(5_000);
  const names = ["", "\0", "\u0001", "\ud800", "\ufffd", long, `${long}y`];
  for (const [at, name] of names.entries())
    await store.transaction(async (tx) => {
      expect(await tx.hold(name), JSON.stringify(name).slice(0, 20)).toBe(0);
      await tx.move(name, at + 1);
    });
  const found = await store.checkpoints("");
  expect(found.map(({ name, position }) => [name, position]).sort()).toEqual(
    names.map((name, at) => [name, at + 1]).sort(),
  );
  expect((await store.checkpoints("\0")).map(({ name }) => name)).toEqual(["\0"]);
});
