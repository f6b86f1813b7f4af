/**
 * The demo: `npm run demo -- [--broker sqlite|redis|rabbitmq] [--seed 7] [--keep]`. Exit code 1 if anything was lost,
 * duplicated or out of order. `--keep` leaves the data folder, with the logs of the services, in place.
 */
import { setMaxListeners } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { brokerName, brokerTitles, startBrokerServer } from "./demo/broker-server.js";
import { conduct } from "./demo/conductor.js";
import { report, type Summary } from "./demo/report.js";
import { killServices } from "./demo/service-process.js";
import { createView } from "./demo/view.js";

const { values } = parseArgs({
  options: {
    broker: { type: "string", default: "sqlite" },
    seed: { type: "string" },
    keep: { type: "boolean" },
  },
});
const broker = brokerName(values.broker);
const seed = Number(values.seed ?? Date.now() % 100_000);
if (!Number.isInteger(seed)) throw new Error("--seed takes a whole number");

const interrupted = new AbortController();
// Every sender and every wait listens to it.
setMaxListeners(0, interrupted.signal);
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());

const view = createView(process.stdout);
const dataFolder = await mkdtemp(join(tmpdir(), "meshwright-demo-"));
const server = await startBrokerServer(broker);
// The services inherit these, and the observer reads them here.
process.env["DATA_FOLDER"] = dataFolder;
process.env["BROKER"] = broker;
if (server !== undefined) process.env["BROKER_URL"] = server.url;
process.env["NAMESPACE"] = basename(dataFolder);
try {
  view.say(`Seed ${seed}.`);
  const brokerTitle = brokerTitles[broker];
  const summary = await conduct({ dataFolder, brokerTitle, seed, view, signal: interrupted.signal });
  for (const line of report(summary)) console.log(line);
  process.exitCode = failed(summary) ? 1 : 0;
} catch (error) {
  console.error(interrupted.signal.aborted ? "Interrupted." : error);
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
} finally {
  await killServices();
  await server?.close();
  if (values.keep) console.log(`Kept: ${dataFolder}`);
  else await rm(dataFolder, { recursive: true, force: true });
}
// Timers and sockets of an interrupted run must not hold the terminal.
process.exit();

function failed({ findings, wrongAnswers }: Summary): boolean {
  const { lost, duplicated, misordered } = findings;
  return lost.length + duplicated.length + misordered.length + wrongAnswers.length > 0;
}
