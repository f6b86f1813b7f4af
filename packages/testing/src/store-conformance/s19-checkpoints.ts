import assert from "node:assert/strict";
import type { StoreCase } from "./case.js";
import { assertStoreRefuses } from "./env.js";
import { type Caller, caller, rollBack, transact } from "./stream-events.js";

const name = "totals/1";

/** Moves a checkpoint in a transaction of its own; returns where it was. */
export function moveTo(own: Caller, checkpoint: string, position: number): Promise<number | undefined> {
  return transact(own, async (tx) => {
    const was = await tx.hold(checkpoint);
    await tx.move(checkpoint, position);
    return was;
  });
}

/** Where a checkpoint is. */
export function whereIs(own: Caller, checkpoint: string): Promise<number | undefined> {
  return transact(own, (tx) => tx.hold(checkpoint));
}

/** Holds a checkpoint as soon as nobody else does. */
async function holdSoon(own: Caller, checkpoint: string): Promise<number> {
  const held = await own.env.eventually(`${checkpoint} is held by nobody`, async () => {
    const position = await own.env.insist("hold", () => whereIs(own, checkpoint));
    return position === undefined ? undefined : { position };
  });
  return held.position;
}

export const checkpointCases: readonly StoreCase[] = [
  {
    id: "S19/moves",
    title:
      "a checkpoint is at 0 at first, then where it was moved, for all stores; each name is one of its own",
    async run(env) {
      const [one, two] = [await caller(env), await caller(env)];
      assert.equal(await moveTo(one, name, 5), 0);
      assert.equal(await moveTo(two, name, Number.MAX_SAFE_INTEGER), 5);
      assert.equal(await whereIs(one, name), Number.MAX_SAFE_INTEGER);
      assert.equal(await moveTo(one, name, 3), Number.MAX_SAFE_INTEGER);
      for (const other of ["totals", "Totals/1", "totals/1 ", "totals/_", "totals/%"])
        assert.equal(await whereIs(one, other), 0, other);
      await transact(one, async (tx) => {
        assert.equal(await tx.hold(name), 3);
        assert.equal(await tx.hold("other"), 0);
        await tx.move(name, 4);
        await tx.move("other", 7);
        assert.equal(await tx.hold(name), 4, "held again in the same transaction");
        await tx.move(name, 6);
      });
      assert.deepEqual([await whereIs(two, name), await whereIs(two, "other")], [6, 7]);
    },
  },
  {
    id: "S19/rolled-back",
    title: "it moves with the commit: what was rolled back has not moved it",
    async run(env) {
      const [one, two] = [await caller(env), await caller(env)];
      const move = (position: number) =>
        rollBack(one, async (tx) => {
          await tx.hold(name);
          await tx.move(name, position);
        });
      await move(4);
      assert.equal(await moveTo(two, name, 5), 0);
      await move(9);
      assert.equal(await whereIs(two, name), 5);
    },
  },
  {
    id: "S19/not-held",
    title: "who does not hold it does not move it, and is told so; the transaction goes on",
    async run(env) {
      const one = await caller(env);
      await moveTo(one, name, 5);
      await transact(one, async (tx) => {
        await assertStoreRefuses(tx.move(name, 6), "a move without a hold", "STORE_CHECKPOINT_NOT_HELD");
        await tx.hold("other");
        await assertStoreRefuses(tx.move(name, 6), "a move of another one", "STORE_CHECKPOINT_NOT_HELD");
        await tx.move("other", 1);
      });
      assert.deepEqual([await whereIs(one, name), await whereIs(one, "other")], [5, 1]);
    },
  },
  {
    id: "S19/one-holds",
    title:
      "while one transaction holds it another is given nothing, at once; after its commit or rollback it is given it",
    concurrent: true,
    async run(env) {
      const [one, two] = [await caller(env), await caller(env)];
      for (const failing of [false, true]) {
        const before = await holdSoon(two, name);
        const hold = failing ? rollBack : transact;
        await hold(one, async (tx) => {
          assert.equal(await tx.hold(name), before);
          await transact(two, async (other) => {
            assert.equal(await other.hold(name), undefined, "two hold it at the same time");
            const moving = other.move(name, 9);
            await assertStoreRefuses(moving, "a move of what another holds", "STORE_CHECKPOINT_NOT_HELD");
            assert.equal(await other.hold("other"), 0);
          });
          await tx.move(name, before + 3);
          assert.equal(await whereIs(two, name), undefined);
        });
        assert.equal(await holdSoon(two, name), failing ? before : before + 3);
      }
    },
  },
  {
    id: "S19/holder-dies",
    title: "when the connection of the holder dies, another holds it, where it was",
    concurrent: true,
    needs: "abandon",
    async run(env) {
      const [victim, heir] = [await caller(env), await caller(env)];
      await moveTo(heir, name, 5);
      // What is waited for inside says more than that this one does not end.
      const dying = victim.store.transaction(async (tx) => {
        await tx.hold(name);
        await tx.move(name, 9);
        assert.equal(await whereIs(heir, name), undefined);
        await env.world.abandon?.(tx.client);
        assert.equal(await holdSoon(heir, name), 5);
      });
      await assertStoreRefuses(dying, "the commit of a dead connection");
      assert.equal(await moveTo(heir, name, 6), 5);
    },
  },
  {
    id: "S19/checkpoints",
    title: "they are listed by prefix and in the order of their names, with when they were moved last",
    async run(env) {
      const one = await caller(env);
      const names = ["a/B", "a/b", "a/\ufffd", "a/😀", "a%", "a_", "A/b", "ab"];
      const before = Date.now();
      for (const [at, each] of env.random.shuffle(names).entries()) await moveTo(one, each, at + 1);
      const after = Date.now();
      const list = async (prefix: string) => {
        const found = await env.within("checkpoints", one.store.checkpoints(prefix));
        for (const { name, position, movedAt } of found) {
          assert.equal(position, await whereIs(one, name), name);
          // The database may have a clock of its own.
          assert.ok(movedAt >= before - 1_000 && movedAt <= after + 1_000, `${name} was moved at ${movedAt}`);
        }
        return found.map((each) => each.name);
      };
      assert.deepEqual(await list("a/"), ["a/B", "a/b", "a/\ufffd", "a/😀"]);
      assert.deepEqual(await list("a%"), ["a%"]);
      assert.deepEqual(await list("a_"), ["a_"]);
      assert.deepEqual(await list("x"), []);
      assert.deepEqual(await list(""), ["A/b", "a%", "a/B", "a/b", "a/\ufffd", "a/😀", "a_", "ab"]);
    },
  },
  {
    id: "S19/held-only",
    title: "a checkpoint that was only held has not moved, nor has the time of it",
    async run(env) {
      const one = await caller(env);
      await moveTo(one, name, 5);
      const [before] = await one.store.checkpoints(name);
      await env.pass(5);
      assert.equal(await whereIs(one, name), 5);
      assert.deepEqual(await env.within("checkpoints", one.store.checkpoints(name)), [before]);
    },
  },
];
