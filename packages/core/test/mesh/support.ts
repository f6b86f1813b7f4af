import {
  type Catalog,
  type Clock,
  createMesh,
  defineCatalog,
  defineEvent,
  type Logger,
  type Mesh,
  type MeshOptions,
  memoryBroker,
  memoryServer,
} from "@meshwright/core";
import { onTestFinished } from "vitest";

export const artifactPublished = defineEvent("com.acme.artifact.published.v1", {
  schema: {
    type: "object",
    required: ["digest"],
    properties: { digest: { type: "string" }, size: { type: "integer" } },
  },
  channel: "delivery",
  key: (event) => event.data.digest,
});
export const scanStarted = defineEvent("com.acme.scan.started.v1", {
  schema: { type: "object", required: ["digest"], properties: { digest: { type: "string" } } },
});
export const scanFinished = defineEvent("com.acme.scan.finished.v1", {
  schema: {
    type: "object",
    required: ["digest", "critical"],
    properties: { digest: { type: "string" }, critical: { type: "integer" } },
  },
  extensions: { severitynumber: "integer" },
});
export const catalog = defineCatalog([artifactPublished, scanStarted, scanFinished]);
export type TestCatalog = typeof catalog;

export type Server = ReturnType<typeof memoryServer>;

/** A started or unstarted mesh that the test need not stop. */
export function makeMesh<C extends Catalog = TestCatalog>(
  options: Partial<MeshOptions<C>> & { readonly server?: Server } = {},
): Mesh<C> {
  const { server = memoryServer(), ...rest } = options;
  const mesh = createMesh({
    service: "shop",
    broker: memoryBroker({ server }),
    ...rest,
    catalog: (options.catalog ?? catalog) as C,
  });
  onTestFinished(() => mesh.stop({ timeout: 0 }));
  return mesh;
}

/** Waits for something that becomes true by itself. The deadline is for tests that would hang. */
export async function eventually(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`still not: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Everything this mesh's groups were sent is settled. */
export async function drained(mesh: Pick<Mesh, "health">): Promise<void> {
  await eventually("all groups drained", async () => {
    const { groups } = await mesh.health();
    return groups.every(({ lag }) => lag === 0);
  });
}

/** Time that passes only when told to. */
export function manualClock(
  start = Date.parse("2026-03-01T00:00:00Z"),
): Clock & { advance(ms: number): void } {
  const timers = new Set<{ at: number; run: () => void }>();
  let now = start;
  return {
    now: () => now,
    after(ms, run) {
      const timer = { at: now + ms, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance(ms) {
      now += ms;
      for (const timer of [...timers].sort((a, b) => a.at - b.at)) {
        if (timer.at <= now && timers.delete(timer)) timer.run();
      }
    },
  };
}

/** A logger that remembers. */
export function recordingLogger(): Logger & {
  readonly lines: { level: string; message: string; fields: object }[];
} {
  const lines: { level: string; message: string; fields: object }[] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, fields });
  };
  return { lines, debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
