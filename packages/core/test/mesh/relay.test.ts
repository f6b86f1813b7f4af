import { memoryBroker, memoryDatabase, memoryServer, memoryStore } from "@meshwright/core";
import { BrokerError } from "@meshwright/core/adapter";
import { describe, expect, it } from "vitest";
import { brokerThrough, digestsOf, published, settled, storeMesh, unavailable } from "./store-support.js";
import { eventually, manualClock, recordingLogger } from "./support.js";

/** Commits an event for each digest, one after another. */
async function commit({ mesh, store }: ReturnType<typeof storeMesh>, ...digests: string[]): Promise<void> {
  for (const digest of digests)
    await store.transaction((tx) => mesh.publish(published, { digest }, { tx, key: "one" }));
}

describe("the relay", () => {
  it("asks a broker that is down less and less often, and loses nothing", async () => {
    const [clock, logger] = [manualClock(), recordingLogger()];
    let [down, attempts] = [true, 0];
    const broker = brokerThrough(async (_, send) => {
      attempts++;
      if (down) throw unavailable();
      await send();
    });
    const own = storeMesh({ broker, clock, logger });
    const seen = digestsOf(own.mesh);
    await own.mesh.start();
    const pauses = () => logger.lines.flatMap(({ fields }) => ("pauseMs" in fields ? [fields.pauseMs] : []));
    await commit(own, "a");
    for (const [index, pauseMs] of [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].entries()) {
      await eventually("it failed", () => pauses().length === index + 1);
      expect(pauses().at(-1)).toBe(pauseMs);
      // Neither more work nor the time so far makes it try again.
      await commit(own, `${index}`);
      clock.advance(pauseMs - 1);
      await settled();
      expect(attempts).toBe(index + 1);
      down = index < 7;
      clock.advance(1);
    }
    await eventually("all arrive", () => seen.length === 9);
    expect(seen).toEqual(["a", "0", "1", "2", "3", "4", "5", "6", "7"]);
    down = true;
    await commit(own, "b");
    await eventually("it failed again", () => pauses().length === 9);
    expect(pauses().at(-1)).toBe(100);
    down = false;
    clock.advance(100);
    await eventually("the last arrives", () => seen.at(-1) === "b");
  });

  it("puts what the broker will never take on the shelf, and lets the others pass", async () => {
    const broker = brokerThrough(async (messages, send) => {
      if (messages.some(({ body }) => Buffer.from(body).includes("too large")))
        throw new BrokerError("BROKER_BODY_TOO_LARGE", "Too large.", { retryable: false, about: "message" });
      await send();
    });
    const own = storeMesh({ broker });
    const seen = digestsOf(own.mesh);
    await own.mesh.start();
    await own.store.transaction(async (tx) => {
      for (const digest of ["a", "too large", "b"])
        await own.mesh.publish(published, { digest }, { tx, key: "one" });
    });
    await commit(own, "c");
    await eventually("the others arrive", () => seen.length === 3);
    expect(seen).toEqual(["a", "b", "c"]);
    const [row, ...more] = await own.store.outbox.refused();
    expect(row).toMatchObject({ channel: "delivery", code: "BROKER_BODY_TOO_LARGE", reason: "Too large." });
    expect(more).toEqual([]);
  });

  it.each([
    ["the broker is closed", new BrokerError("BROKER_CLOSED", "Closed.", { retryable: false })],
    ["the driver fails", new TypeError("undefined is not a function")],
  ])("keeps rows when %s", async (_, error) => {
    const clock = manualClock();
    let failures = 0;
    const broker = brokerThrough(async (_, send) => {
      if (failures++ === 0) throw error;
      await send();
    });
    const own = storeMesh({ broker, clock });
    const seen = digestsOf(own.mesh);
    await own.mesh.start();
    await commit(own, "a");
    await eventually("it failed", () => failures === 1);
    await settled();
    expect(await own.store.outbox.refused()).toEqual([]);
    clock.advance(100);
    await eventually("it arrives", () => seen.length === 1);
  });

  it("goes on where a broker went down in the middle of a search for the bad one", async () => {
    const clock = manualClock();
    let singles = 0;
    const broker = brokerThrough(async (messages, send) => {
      if (messages.some(({ body }) => Buffer.from(body).includes("too large")))
        throw new BrokerError("BROKER_BODY_TOO_LARGE", "Too large.", { retryable: false, about: "message" });
      if (messages.length === 1 && ++singles === 2) throw unavailable();
      await send();
    });
    const own = storeMesh({ broker, clock });
    const seen = digestsOf(own.mesh);
    await own.mesh.start();
    await own.store.transaction(async (tx) => {
      for (const digest of ["a", "too large", "b", "c"])
        await own.mesh.publish(published, { digest }, { tx, key: "one" });
    });
    await eventually("it failed", () => singles === 2);
    await settled();
    clock.advance(100);
    await eventually("all arrive", () => seen.length === 3);
    expect(seen).toEqual(["a", "b", "c"]);
    expect((await own.store.outbox.refused()).length).toBe(1);
  });

  it("is not there with `relay: false`; another mesh's takes over", async () => {
    const [database, server] = [memoryDatabase(), memoryServer()];
    const own = storeMesh({ store: memoryStore({ database }), server, relay: false });
    const seen = digestsOf(own.mesh);
    await own.mesh.start();
    await commit(own, "a", "b");
    await settled();
    expect(seen).toEqual([]);
    expect(database.waiting.size).toBe(2);
    const relay = storeMesh({ store: memoryStore({ database }), server, service: "relay" });
    await relay.mesh.start();
    await eventually("both arrive", () => seen.length === 2);
    expect(seen).toEqual(["a", "b"]);
    await eventually("they are gone", () => database.waiting.size === 0);
  });

  it("ends the batch that is under way when the mesh stops, and the next one has the rest", async () => {
    const [database, server] = [memoryDatabase(), memoryServer()];
    let release: () => void = () => undefined;
    let held = 0;
    const broker = brokerThrough(async (_, send) => {
      held++;
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      await send();
    }, memoryBroker({ server }));
    const first = storeMesh({ store: memoryStore({ database }), broker });
    await first.mesh.start();
    await commit(first, "a");
    await eventually("it is under way", () => held === 1);
    await commit(first, "b");
    const stopping = first.mesh.stop();
    await settled();
    release();
    await stopping;
    expect(held).toBe(1);
    expect(database.waiting.size).toBe(1);
    const second = storeMesh({ store: memoryStore({ database }), server });
    second.mesh.on(published, { from: "earliest" }, (event) => void seen.push(event.data.digest));
    const seen: string[] = [];
    await second.mesh.start();
    await eventually("both arrive", () => seen.length === 2);
    expect(seen).toEqual(["a", "b"]);
  });

  it("does not keep a mesh from stopping while the broker is down", async () => {
    const broker = brokerThrough(() => Promise.reject(unavailable()));
    const own = storeMesh({ broker, clock: manualClock() });
    await own.mesh.start();
    await commit(own, "a");
    await settled();
    await own.mesh.stop();
  });
});
