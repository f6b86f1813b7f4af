/** A workflow of three steps and a wait, on the same PostgreSQL: ours from event to event, and DBOS from call to result. */
import { createMesh, defineCatalog, defineEvent, memoryBroker, saga, typed } from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import pg from "pg";
import { compare } from "../harness.js";

const opened = defineEvent("com.acme.release.opened.v1", { schema: typed<{ readonly id: string }>({}) });
const approved = defineEvent("com.acme.release.approved.v1", { schema: typed<{ readonly id: string }>({}) });
const closed = defineEvent("com.acme.release.closed.v1", { schema: typed<{ readonly id: string }>({}) });

/** Does one workflow; resolves when it has ended. */
type Workflow = (id: string) => Promise<void>;

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

export async function sagas(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, max: 20 });
  const store = postgresStore({ pool });
  await store.migrate();
  const mesh = createMesh({
    service: "bench",
    catalog: defineCatalog([opened, approved, closed]),
    broker: memoryBroker(),
    store,
  });
  const ends = new Map<string, () => void>();
  mesh.saga(release).on(closed.type, (event) => ends.get(event.data.id)?.());
  await mesh.start();
  const ours: Workflow = async (id) => {
    const ended = new Promise<void>((resolve) => ends.set(id, resolve));
    await mesh.publish(opened.type, { id });
    await mesh.publish(approved.type, { id });
    await ended;
    ends.delete(id);
  };
  for (const atOnce of [1, 50]) {
    await compare({
      title: `PostgreSQL: three steps and a wait, ${atOnce} at a time`,
      unit: "workflow",
      contestants: [{ name: "meshwright: a saga", run: (times) => many(ours, times, atOnce) }],
      times: atOnce * 20,
      rounds: 3,
    });
  }
  await mesh.stop();
  await pool.end();
}

let count = 0;

async function many(workflow: Workflow, times: number, atOnce: number): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await workflow(`workflow-${count++}`);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
