import {
  type Broker,
  createMesh,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryDatabase,
  memoryServer,
  memoryStore,
  projection,
  typed,
} from "@meshwright/core";
import { expect, onTestFinished, test } from "vitest";
import { eventually, manualClock } from "../mesh/support.js";

const numbered = {
  schema: { type: "object", required: ["n"], properties: { n: { type: "integer" } } },
} as const;
const scanned = "com.acme.scan.finished.v1";
const catalog = defineCatalog([
  defineEvent(scanned, { ...numbered, channel: "delivery" }),
  defineEvent("com.acme.other.v1"),
]);
type Options = { readonly version?: number; readonly touch?: (n: number) => unknown };

function scans({ version = 1, touch }: Options = {}) {
  return projection("scans", {
    catalog,
    version,
    from: { channel: "delivery" },
    document: typed<readonly number[]>(),
    on: {
      [scanned]: async ({ data }, { documents, key, channel, offset }) => {
        await touch?.(data.n);
        if (channel !== "delivery" || offset === "") throw new Error("no place");
        await documents.update(key, (found = []) => [...found, data.n * version]);
      },
    },
  });
}

/** Meshes of one service, on one broker and one database, in one time. */
function world() {
  const [server, database, clock] = [memoryServer(), memoryDatabase(), manualClock()];
  const meshOf = (service: string, broker: Broker = memoryBroker({ server })) => {
    const made = createMesh({ service, catalog, broker, store: memoryStore({ database }), clock });
    onTestFinished(() => made.stop({ timeout: 0 }));
    return made;
  };
  const publish = async (...numbers: readonly number[]): Promise<void> => {
    const mesh = meshOf("writer");
    await mesh.start();
    clock.advance(1);
    const keyOf = (n: number): string => (n % 2 === 0 ? "even" : "odd");
    await mesh.publishAll(numbers.map((n) => ({ type: scanned, data: { n }, key: keyOf(n) })));
    await mesh.stop();
    clock.advance(1);
  };
  const mesh = (broker?: Broker) => meshOf("shop", broker);
  /** Lets time pass until something settles. */
  const pass = async <T>(settling: Promise<T>): Promise<T> => {
    let isSettled = false;
    const end = (): void => {
      isSettled = true;
    };
    settling.then(end, end);
    await eventually("it settles", () => {
      clock.advance(isSettled ? 0 : 2);
      return isSettled;
    });
    return settling;
  };
  return { mesh, publish, pass };
}

test("what the channel retains and what comes after is in the documents, once, by keys in order", async () => {
  const { mesh, publish, pass } = world();
  await publish(1, 2, 3, 4);
  const [one, two] = [mesh(), mesh()];
  const handles = [one.projection(scans()), two.projection(scans())];
  await Promise.all([one.start(), two.start()]);
  await publish(5, 6);
  for (const handle of handles) {
    await pass(handle.caughtUp());
    await pass(handle.ready());
    expect(await handle.documents.list()).toEqual([
      { key: "even", document: [2, 4, 6] },
      { key: "odd", document: [1, 3, 5] },
    ]);
  }
  const [health] = (await one.health()).projections;
  expect(health).toEqual({ name: "scans", version: 1, live: 1, state: "live", position: undefined, lag: 0 });
  expect((await one.health()).groups).toMatchObject([{ group: "shop.scans.v1", channel: "delivery" }]);
});

test("a new version is built from the oldest event, beside the live one, and switches when its group has caught up", async () => {
  const { mesh, publish, pass } = world();
  await publish(1, 2);
  const old = mesh();
  const before = old.projection(scans());
  await old.start();
  await pass(before.ready());
  const young = mesh();
  let isOpen = false;
  const touch = () => {
    if (!isOpen) throw new Error("not yet");
  };
  const after = young.projection(scans({ version: 2, touch }));
  await young.start();
  const state = async () => (await young.health()).projections[0];
  await eventually("both wait for their next try", async () =>
    (await young.health()).groups.some(({ delayed }) => delayed === 2),
  );
  expect(await state()).toMatchObject({ live: 1, state: "building", lag: 2 });
  await pass(after.caughtUp());
  expect(await after.documents.get("odd")).toEqual([1]);
  isOpen = true;
  await pass(after.ready());
  await pass(after.caughtUp());
  expect(await after.documents.get("odd")).toEqual([2]);
  expect(await state()).toMatchObject({ live: 2, state: "live" });
  expect(await before.documents.get("odd")).toEqual([1]);
});

test("it becomes live although there is always something before it, when what was there at first is done", async () => {
  const { mesh, publish, pass } = world();
  await publish(1);
  let isOpen = false;
  const touch = (n: number) => {
    if (n === 2 || !isOpen) throw new Error("not yet");
  };
  const own = mesh();
  const handle = own.projection(scans({ touch }));
  await own.start();
  await publish(2);
  const state = async () => (await own.health()).projections[0];
  await eventually("both wait for their next try", async () =>
    (await own.health()).groups.some(({ delayed }) => delayed === 2),
  );
  expect(await state()).toMatchObject({ state: "building", lag: 2 });
  isOpen = true;
  await pass(handle.ready());
  expect(await state()).toMatchObject({ state: "live", lag: 1 });
  expect(await handle.documents.list()).toEqual([{ key: "odd", document: [1] }]);
  const late = handle.caughtUp(undefined, { timeout: 100 });
  await expect(pass(late)).rejects.toMatchObject({ code: "PROJECTION_BEHIND" });
});

test("what cannot work is refused when it is registered", async () => {
  const { mesh } = world();
  const inner = memoryBroker();
  for (const lacking of [
    { inspection: false },
    { startPositions: ["latest"] as const },
    { keyOrder: false },
  ]) {
    const broker: Broker = new Proxy(inner, {
      get: (target, name) =>
        name === "capabilities" ? { ...target.capabilities, ...lacking } : Reflect.get(target, name, target),
    });
    expect(() => mesh(broker).projection(scans())).toThrow(
      expect.objectContaining({ code: "CAPABILITY_MISSING" }),
    );
  }
  const elsewhere = projection("scans", {
    catalog,
    version: 1,
    from: { channel: "delivery" },
    on: { "com.acme.other.v1": () => undefined },
  });
  expect(() => mesh().projection(elsewhere)).toThrow(expect.objectContaining({ code: "PROJECTION_CHANNEL" }));
  const handle = mesh().projection(scans());
  const running = mesh();
  const other = running.projection(scans());
  await running.start();
  await expect(other.caughtUp(1)).rejects.toMatchObject({ code: "OPTION_INVALID" });
  await expect(handle.caughtUp()).rejects.toMatchObject({ code: "MESH_NOT_RUNNING" });
});
