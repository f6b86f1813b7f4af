/**
 * A mesh for the tests of services: in memory, on a virtual clock, with a way to wait until everything is handled.
 * Imports `@meshwright/core` as an application does, the virtual clock, and `rest`.
 */
import {
  type Catalog,
  createMesh,
  type Duration,
  type MemoryServer,
  type Mesh,
  type MeshEvent,
  type MeshOptions,
  memoryBroker,
  memoryServer,
} from "@meshwright/core";
import { type VirtualClock, virtualClock } from "../clock/virtual-clock.js";
import { restOf } from "./rest.js";

/** The options of a mesh, without those that the harness provides. */
export type TestMeshOptions<C extends Catalog> = Omit<MeshOptions<C>, "broker" | "clock"> & {
  /** Shared by meshes that talk to each other; default one of its own. Ask it for faults to test against trouble. */
  readonly server?: MemoryServer;
  /** Shared by meshes that talk to each other; default one of its own. */
  readonly clock?: VirtualClock;
};

/** A mesh, and what a test needs beside it. */
export type TestMesh<C extends Catalog> = Mesh<C> & {
  readonly clock: VirtualClock;
  readonly server: MemoryServer;
  /** What this mesh has published and the broker has confirmed, in order; what handlers published included. */
  readonly published: readonly MeshEvent[];
  /**
   * Resolves when every group of every test mesh on this server has come to rest: all is handled, or waits for a time
   * that has not come (a delayed retry, a delayed publish). Time does not move; `clock.advance` moves it.
   *
   * @param options - `deadline`: how long to wait, of the machine's time; default 5s
   * @throws MeshError `NOT_SETTLED` with what each group still has, when the deadline passes
   */
  settled(options?: { readonly deadline?: Duration }): Promise<void>;
};

/**
 * Makes a mesh over the memory broker, on a virtual clock.
 *
 * @throws ConfigurationError as `createMesh`
 * @example
 * await using mesh = testMesh({ service: "release", catalog });
 * mesh.on("com.acme.scan.finished.v1", (event, ctx) => ctx.publish("com.acme.release.approved.v1", event.data));
 * await mesh.start();
 * await mesh.publish("com.acme.scan.finished.v1", { digest: "sha256:1" });
 * await mesh.settled();
 * expect(mesh.published.map((event) => event.type)).toContain("com.acme.release.approved.v1");
 */
export function testMesh<C extends Catalog>(options: TestMeshOptions<C>): TestMesh<C> {
  const { server = memoryServer(), clock = virtualClock(), plugins = [], ...rest } = options;
  const published: MeshEvent[] = [];
  const recorder = {
    name: "test-mesh",
    async publish(event: MeshEvent, _: unknown, next: (event: MeshEvent) => Promise<void>): Promise<void> {
      await next(event);
      published.push(event);
    },
  };
  const mesh: Mesh<C> = createMesh<C>({
    ...rest,
    clock,
    broker: memoryBroker({ server }),
    // Last, so that it sees what really leaves.
    plugins: [...plugins, recorder],
  } as MeshOptions<C>);
  const { settled } = restOf(server, mesh);
  return Object.assign(mesh, { clock, server, published, settled });
}
