/** A workflow of three steps and a wait, on the same PostgreSQL: ours, and DBOS. */
import { compare } from "../harness.js";
import { commitsEach } from "./commits.js";
import { dbosWorkflows } from "./dbos.js";
import { ourWorkflows } from "./release.js";
import { many, type Workflows } from "./workflows.js";

const connections = 20;
const loads = [
  { atOnce: 1, times: 200 },
  { atOnce: 50, times: 1_000 },
] as const;

const note = `Three steps, with a wait for a message between the second and the third, which is sent right after the start; ${connections}
connections each, and one that listens. DBOS: start and message are stored when the calls return, and \`getResult\` gives what
the workflow returned, from memory. Ours: two events are published to a broker in memory, and a third, which the saga publishes
by way of the outbox, is handled. Commits: transactions by PostgreSQL's own count (\`xact_commit\`), those that only read among
them, and what polls.`;

/** Each has a database of its own on the server. */
export async function againstDbos(createDatabase: () => Promise<string>): Promise<void> {
  const dbos = await dbosWorkflows(await createDatabase(), connections);
  const ours = await ourWorkflows(await createDatabase(), connections);
  for (const one of [dbos, ours]) await settle(one);
  for (const { atOnce, times } of loads) {
    const contestants = [dbos, ours].map((one) => contestant(one, times, atOnce));
    await compare({
      title: `PostgreSQL: three steps and a wait, ${atOnce} at a time`,
      unit: "workflow",
      contestants,
      times,
      rounds: 5,
      goals: { [ours.name]: 3 },
      more: { head: "commits each", cell: ({ commits }) => commits() },
      note,
    });
  }
  await ours.stop();
  await dbos.stop();
}

/** Fills its tables a little, and then does what autovacuum does sooner or later. */
async function settle(workflows: Workflows): Promise<void> {
  await many(workflows, 200, 10);
  await workflows.pool.query("VACUUM ANALYZE");
}

function contestant(workflows: Workflows, times: number, atOnce: number) {
  const { name, url, pool } = workflows;
  const run = (count: number): Promise<void> => many(workflows, count, atOnce);
  const commits = async (): Promise<string> => (await commitsEach(url, { pool, run }, times)).toFixed(1);
  return { name, run, commits };
}
