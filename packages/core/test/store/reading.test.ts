import { type MeshEvent, memoryStore, type StreamEvent } from "@meshwright/core";
import { type Store, silentLogger, systemClock, type Transaction } from "@meshwright/core/adapter";
import { describe, expect, it } from "vitest";

const stream = "order/1";

/** A store with more than a page of events. */
async function filled(count = 1_200): Promise<Store> {
  const store = memoryStore();
  await store.open({ clock: systemClock, logger: silentLogger });
  const events = Array.from(
    { length: count },
    (_, at): MeshEvent => ({ specversion: "1.0", id: `${at}`, source: "/s", type: "t", data: at + 1 }),
  );
  await store.streams.append(stream, 0, events);
  return store;
}

function reading(store: Store, tx?: Transaction): AsyncIterator<StreamEvent> {
  return store.streams.read(stream, tx === undefined ? {} : { tx })[Symbol.asyncIterator]();
}

describe("what is read one by one", () => {
  it("comes in order, also to those who ask before they were answered", async () => {
    const iterator = reading(await filled());
    const asked = Array.from({ length: 700 }, () => iterator.next());
    await asked[0];
    asked.push(...Array.from({ length: 700 }, () => iterator.next()));
    const answers = await Promise.all(asked);
    const versions = answers.flatMap(({ done, value }) => (done ? [] : [value.version]));
    expect(versions).toEqual(Array.from({ length: 1_200 }, (_, at) => at + 1));
    expect(answers.slice(1_200).every(({ done }) => done)).toBe(true);
  });

  it("ends for whoever stops, also while he waits for a page", async () => {
    const store = await filled(3);
    for await (const { version } of store.streams.read(stream)) if (version === 2) break;
    const iterator = reading(store);
    const asked = iterator.next();
    await iterator.return?.();
    expect(await asked).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it("is refused with the reason once, and then there is nothing more", async () => {
    const store = await filled(600);
    let kept: AsyncIterator<StreamEvent> | undefined;
    await store.transaction(async (tx) => {
      kept = reading(store, tx);
      for (let at = 0; at < 500; at++) await kept.next();
    });
    await expect(kept?.next()).rejects.toMatchObject({ code: "STORE_TX_ENDED" });
    expect(await kept?.next()).toEqual({ done: true, value: undefined });
  });
});
