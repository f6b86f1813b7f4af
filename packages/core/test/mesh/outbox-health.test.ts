import { memoryStore } from "@meshwright/core";
import { BrokerError, storeRefusals } from "@meshwright/core/adapter";
import { expect, it } from "vitest";
import { brokerThrough, published, storeMesh, unavailable } from "./store-support.js";
import { eventually, makeMesh, manualClock } from "./support.js";

/** Commits an event for each digest, in one transaction. */
async function commit({ mesh, store }: ReturnType<typeof storeMesh>, ...digests: string[]): Promise<void> {
  await store.transaction(async (tx) => {
    for (const digest of digests) await mesh.publish(published, { digest }, { tx, key: "one" });
  });
}

it("shows the relay and what it has done", async () => {
  const own = storeMesh();
  const stopped = { state: "stopped", published: 0, refused: 0 };
  expect(await own.mesh.health()).toMatchObject({
    status: "stopped",
    outbox: { relay: stopped, backlog: undefined },
  });
  await own.mesh.start();
  await commit(own, "a", "b");
  await eventually("both are published", async () => {
    const { outbox } = await own.mesh.health();
    return outbox?.relay.state === "running" && outbox.relay.published === 2;
  });
  expect(await own.mesh.health()).toMatchObject({
    status: "ok",
    outbox: { relay: { refused: 0 }, backlog: { rows: 0, oldestMs: undefined, refused: 0 } },
  });
  await own.mesh.stop();
  expect(await own.mesh.health()).toMatchObject({
    status: "stopped",
    outbox: { relay: { ...stopped, published: 2 }, backlog: undefined },
  });
});

it("shows why the relay waits, how much waits with it and since when, and that it goes on", async () => {
  const clock = manualClock();
  let down = true;
  const broker = brokerThrough(async (_, send) => {
    if (down) throw unavailable();
    await send();
  });
  const own = storeMesh({ broker, clock });
  await own.mesh.start();
  await commit(own, "a", "b");
  const isWaiting = async () => (await own.mesh.health()).outbox?.relay.state === "waiting";
  await eventually("the relay has failed", isWaiting);
  clock.advance(99);
  expect(await own.mesh.health()).toMatchObject({
    status: "degraded",
    broker: { state: "connected" },
    outbox: {
      relay: { state: "waiting", reason: "BROKER_UNAVAILABLE", published: 0 },
      backlog: { rows: 2, oldestMs: 99 },
    },
  });
  down = false;
  clock.advance(1);
  await eventually("it goes on", async () => !(await isWaiting()));
  const { status, outbox } = await own.mesh.health();
  expect({ status, outbox }).toEqual({
    status: "ok",
    outbox: {
      relay: { state: "running", published: 2, refused: 0 },
      backlog: { rows: 0, oldestMs: undefined, refused: 0 },
    },
  });
});

it("counts what the broker refuses, which is no trouble of the mesh", async () => {
  const broker = brokerThrough(async () => {
    throw new BrokerError("BROKER_BODY_TOO_LARGE", "Too large.", { retryable: false, about: "message" });
  });
  const own = storeMesh({ broker });
  await own.mesh.start();
  await commit(own, "a");
  await eventually(
    "it is on the shelf",
    async () => (await own.mesh.health()).outbox?.backlog?.refused === 1,
  );
  expect(await own.mesh.health()).toMatchObject({
    status: "ok",
    outbox: { relay: { state: "running", published: 0, refused: 1 }, backlog: { rows: 0 } },
  });
});

it("never rejects: a store that does not answer is shown, and the rest as ever", async () => {
  const store = memoryStore();
  const own = storeMesh({ store, relay: false });
  own.mesh.on(published, () => undefined);
  await own.mesh.start();
  store.outbox.backlog = () => Promise.reject(storeRefusals.conflict(undefined));
  expect(await own.mesh.health()).toMatchObject({
    status: "degraded",
    broker: { state: "connected" },
    groups: [{ lag: 0 }],
    outbox: { relay: { state: "off" }, backlog: undefined, reason: "STORE_CONFLICT" },
  });
});

it("has nothing of an outbox where the mesh has no store", async () => {
  const mesh = makeMesh();
  expect(await mesh.health()).not.toHaveProperty("outbox");
  await mesh.start();
  const health = await mesh.health();
  expect(health.status).toBe("ok");
  expect(health).not.toHaveProperty("outbox");
});
