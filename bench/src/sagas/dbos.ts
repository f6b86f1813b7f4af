/** The workflow of `release.ts` as DBOS has it. */
import { DBOS } from "@dbos-inc/dbos-sdk";
import pg from "pg";
import type { Workflows } from "./workflows.js";

const topic = "approved";

async function release(id: string): Promise<string> {
  await DBOS.runStep(async () => 1, { name: "one" });
  await DBOS.runStep(async () => 2, { name: "two" });
  await DBOS.recv<{ readonly id: string }>(topic, { timeoutSeconds: 600 });
  await DBOS.runStep(async () => 3, { name: "three" });
  return id;
}

const silent = {
  info: () => undefined,
  debug: () => undefined,
  warn: () => undefined,
  error: (entry: unknown) => console.error(entry),
};

/** There is one DBOS in a process. */
export async function dbosWorkflows(url: string, connections: number): Promise<Workflows> {
  // One more than is asked for: it listens on one of the pool, and ours on one beside it.
  const pool = new pg.Pool({ connectionString: url, max: connections + 1 });
  const workflow = DBOS.registerWorkflow(release, { name: "release" });
  DBOS.setConfig({
    name: "bench",
    applicationVersion: "1",
    systemDatabaseUrl: url,
    systemDatabasePool: pool,
    logger: silent,
  });
  await DBOS.launch();
  return {
    name: "DBOS: startWorkflow, send, getResult",
    url,
    pool,
    run: async (id) => {
      const handle = await DBOS.startWorkflow(workflow, { workflowID: id })(id);
      await DBOS.send(id, { id }, topic);
      if ((await handle.getResult()) !== id) throw new Error(`workflow ${id} gave something else`);
    },
    stop: async () => {
      await DBOS.shutdown();
      await pool.end();
    },
  };
}
