/** Three steps and a wait, as a saga of ours: from event to event. */
import { createMesh, defineCatalog, defineEvent, memoryBroker, saga, typed } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import pg from "pg";
import type { Workflows } from "./workflows.js";

const opened = defineEvent("com.acme.release.opened.v1", { schema: typed<{ readonly id: string }>({}) });
const approved = defineEvent("com.acme.release.approved.v1", { schema: typed<{ readonly id: string }>({}) });
const closed = defineEvent("com.acme.release.closed.v1", { schema: typed<{ readonly id: string }>({}) });

const release = saga(
  "release",
  { startedBy: opened, key: (event) => event.data.id, events: [approved] },
  async (run, { data: { id } }) => {
    await run.step("one", () => 1);
    await run.step("two", () => 2);
    await run.waitFor(approved, { where: { data: { id } } });
    await run.step("three", () => 3);
    await run.publish(closed, { id });
  },
);

export async function ourWorkflows(url: string, connections: number): Promise<Workflows> {
  const pool = new pg.Pool({ connectionString: url, max: connections });
  const store = postgresStore({ pool });
  await store.migrate();
  const catalog = defineCatalog([opened, approved, closed]);
  const mesh = createMesh({ service: "bench", catalog, broker: memoryBroker(), store });
  const ends = new Map<string, () => void>();
  mesh.saga(release).on(closed.type, (event) => ends.get(event.data.id)?.());
  await mesh.start();
  return {
    name: "meshwright: a saga, from event to event",
    url,
    pool,
    run: async (id) => {
      const ended = new Promise<void>((resolve) => ends.set(id, resolve));
      await mesh.publish(opened.type, { id });
      await mesh.publish(approved.type, { id });
      await ended;
      ends.delete(id);
    },
    stop: async () => {
      await mesh.stop();
      await pool.end();
    },
  };
}
