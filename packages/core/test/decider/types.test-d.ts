import { createMesh, decider, memoryBroker, memoryStore } from "@meshwright/core";
import { describe, expectTypeOf, it } from "vitest";
import { catalog as other } from "../mesh/support.js";
import { catalog, type Release, releases } from "./support.js";

const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker(), store: memoryStore() });
const elsewhere = createMesh({
  service: "shop",
  catalog: other,
  broker: memoryBroker(),
  store: memoryStore(),
});

describe("a decider", () => {
  it("knows the events of its catalog, newest versions only", () => {
    decider({
      catalog,
      initial: 0,
      evolve(state, event) {
        expectTypeOf(event.type).toEqualTypeOf<
          "com.acme.release.opened.v1" | "com.acme.release.approved.v2"
        >();
        return event.type === "com.acme.release.approved.v2" ? state + event.data.weight : state;
      },
      decide: (command: "open", state) => {
        expectTypeOf(state).toEqualTypeOf<number>();
        return { type: "com.acme.release.opened.v1", data: { by: command } };
      },
    });
    decider({
      catalog,
      initial: 0,
      evolve: (state) => state,
      // @ts-expect-error the data of another event
      decide: () => ({ type: "com.acme.release.opened.v1", data: { weight: 1 } }),
    });
    decider({
      catalog,
      initial: 0,
      evolve: (state) => state,
      // @ts-expect-error no such event
      decide: () => ({ type: "com.acme.release.shut.v1", data: {} }),
    });
  });

  it("needs no catalog", () => {
    const counter = decider({
      initial: 0,
      evolve: (n) => n + 1,
      decide: (n: number) => [{ type: "a.b", data: n }],
    });
    expectTypeOf(mesh.execute(counter, "counter", 1))
      .resolves.toHaveProperty("state")
      .toEqualTypeOf<number>();
  });
});

describe("mesh.execute", () => {
  it("takes the decider's commands and gives its state", () => {
    expectTypeOf(mesh.execute(releases(), "release/1", { open: "ann" }))
      .resolves.toHaveProperty("state")
      .toEqualTypeOf<Release>();
    // @ts-expect-error no such command
    void mesh.execute(releases(), "release/1", { shut: "ann" });
    // @ts-expect-error a mesh that does not know these events
    void elsewhere.execute(releases(), "release/1", { open: "ann" });
  });
});
