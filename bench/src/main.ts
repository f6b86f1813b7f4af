/**
 * Prints ratios, each taken in one run: `npm run bench`, or `npm run bench -- codec sqlite`. Where the time goes:
 * `node --cpu-prof --cpu-prof-dir=profiles bench/dist/main.js redis` profiles both processes of every run.
 */
import { cpus } from "node:os";
import { backlog } from "./backlog.js";
import { codec, codecAgainstSdk, validation } from "./codec.js";
import { dispatch } from "./dispatch.js";
import { rabbitmqGroups, redisGroups } from "./groups/suite.js";
import { type Comparison, compare } from "./harness.js";
import { outboxDrain, postgres, postgresStreams } from "./postgres/suite.js";
import { rabbitmq } from "./rabbitmq/suite.js";
import { redis } from "./redis/suite.js";
import { postgresSagas, sagaWakes } from "./sagas/suite.js";
import { sqliteCycle, sqlitePublish } from "./sqlite.js";

interface Prepared {
  readonly comparison: Comparison;
  stop(): Promise<void>;
}

async function compareAndStop(prepare: () => Promise<Prepared>): Promise<void> {
  const { comparison, stop } = await prepare();
  await compare(comparison);
  await stop();
}

const suites: Readonly<Record<string, () => Promise<void>>> = {
  codec: async () => {
    await compare(await codec());
    await compare(await codecAgainstSdk());
  },
  validation: async () => compare(await validation()),
  memory: () => compareAndStop(dispatch),
  sqlite: async () => {
    await compareAndStop(sqlitePublish);
    await compareAndStop(sqliteCycle);
  },
  backlog,
  redis,
  "redis-groups": redisGroups,
  rabbitmq,
  "rabbitmq-groups": rabbitmqGroups,
  postgres,
  "outbox-drain": outboxDrain,
  "postgres-streams": postgresStreams,
  "postgres-sagas": postgresSagas,
  "saga-wakes": sagaWakes,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  console.error(`No such suite: ${unknown.join(", ")}. There are: ${Object.keys(suites).join(", ")}.`);
  process.exit(2);
}
console.log(
  `Node ${process.versions.node}, ${cpus().length} cores. Ratios are to the first row of each table.`,
);
for (const [name, run] of Object.entries(suites)) {
  if (wanted.length === 0 || wanted.includes(name)) await run();
}
