import { memoryStore } from "@meshwright/core";
import { describe, expect, it } from "vitest";
import { releases, startedMesh } from "./support.js";

const stream = "release/42";
const snapshot = { name: "release", every: 5 };

/** A mesh, and a release with so many approvals. */
async function approvedTimes(count: number) {
  const store = memoryStore();
  const mesh = await startedMesh(store);
  const decider = releases({ snapshot });
  await mesh.execute(decider, stream, { open: "ann" });
  for (let nr = 0; nr < count; nr++) await mesh.execute(decider, stream, { approve: `approver ${nr}` });
  return { store, mesh };
}

describe("snapshots", () => {
  it("spare reading what is in them, and give the same state", async () => {
    const { mesh } = await approvedTimes(12);
    let evolved = 0;
    const decider = releases({ snapshot, evolved: () => void evolved++ });
    const { state, version } = await mesh.execute(decider, stream, { open: "ann" });
    expect(version).toBe(13);
    expect(state.approvals).toHaveLength(12);
    expect(evolved).toBe(3);
    expect((await mesh.execute(releases(), stream, { open: "ann" })).state).toEqual(state);
  });

  it("are made after so many events, also in one go and in a transaction", async () => {
    const { store, mesh } = await approvedTimes(3);
    const versions = async () => {
      const kept = await store.documents.list("snapshots/release/1");
      return kept.map(({ key, body }) => [key, JSON.parse(body).version]);
    };
    expect(await versions()).toEqual([]);
    const decider = releases({ snapshot });
    await store.transaction((tx) => mesh.execute(decider, stream, { approve: "bob", twice: true }, { tx }));
    expect(await versions()).toEqual([[stream, 6]]);
    await mesh.execute(decider, stream, { approve: "cid" }, { id: "1" });
    expect(await versions()).toEqual([[stream, 6]]);
  });

  it("of another version are not looked at", async () => {
    const { mesh } = await approvedTimes(12);
    let evolved = 0;
    const decider = releases({ snapshot: { ...snapshot, version: 2 }, evolved: () => void evolved++ });
    await mesh.execute(decider, stream, { open: "ann" });
    expect(evolved).toBe(13);
  });

  it("that cannot be kept do not fail a command that was done", async () => {
    const store = memoryStore();
    const mesh = await startedMesh(store);
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const broken = {
      ...releases({ snapshot: { name: "release", every: 1 } }),
      evolve: () => circle as never,
    };
    const { version } = await mesh.execute(broken, stream, { open: "ann" });
    expect(version).toBe(1);
  });
});
