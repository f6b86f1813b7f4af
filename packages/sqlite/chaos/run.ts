/** A run: processes under load on one file, killed at random instants and replaced; then a quiet end and the check. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { judge, type Verdict } from "./check.js";
import { type Role, startWorker, type Worker } from "./fleet.js";
import { groupFile, publishedFile, readLedger } from "./ledger.js";
import { seeded } from "./random.js";
import { groups, openBroker } from "./setup.js";

export interface ChaosOptions {
  /** How many processes are killed, with SIGKILL. */
  readonly kills: number;
  readonly seed: number;
  /** The most milliseconds between two kills; default 150. */
  readonly everyMs?: number;
  /** How long the last processes may take to handle what is left, in milliseconds; default 60000. */
  readonly drainMs?: number;
  /** Keeps the file and the ledgers, to look into. */
  readonly keep?: boolean;
  readonly log?: (line: string) => void;
}

export interface ChaosResult {
  readonly killed: { readonly publisher: number; readonly consumer: number };
  readonly verdicts: readonly Verdict[];
  readonly violations: readonly string[];
}

const roles: readonly Role[] = [
  { kind: "publisher", group: "" },
  { kind: "publisher", group: "" },
  { kind: "consumer", group: "ordered" },
  { kind: "consumer", group: "ordered" },
  { kind: "consumer", group: "loose" },
  { kind: "consumer", group: "loose" },
];

export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const folder = mkdtempSync(join(tmpdir(), "meshwright-chaos-"));
  try {
    return await run(options, folder);
  } finally {
    if (options.keep) options.log?.(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

async function run(options: ChaosOptions, folder: string): Promise<ChaosResult> {
  const random = seeded(options.seed);
  const killed = { publisher: 0, consumer: 0 };
  let started = 0;
  const start = (role: Role): Worker => {
    started += 1;
    return startWorker(role, folder, `${role.kind[0]}${started}`, options.seed);
  };
  const fleet = roles.map(start);
  try {
    await Promise.all(fleet.map((worker) => worker.ready));
    for (let kill = 0; kill < options.kills; kill += 1) {
      await sleep(random() * (options.everyMs ?? 150));
      const index = Math.floor(random() * roles.length);
      const [role, worker] = [roles[index], fleet[index]];
      if (!role || !worker) continue;
      await worker.ready;
      // At any instant of its work, the first moments included.
      await sleep(random() * 60);
      worker.child.kill("SIGKILL");
      killed[role.kind] += 1;
      fleet[index] = start(role);
      if ((kill + 1) % 20 === 0) options.log?.(`${kill + 1} of ${options.kills} killed`);
    }
    await Promise.all(fleet.map((worker) => worker.ready));
    await end(fleet, "publisher");
    const stuck = await drained(folder, options.drainMs ?? 60_000);
    await end(fleet, "consumer");
    return result(folder, killed, stuck);
  } finally {
    for (const worker of fleet) worker.child.kill("SIGKILL");
  }
}

async function end(fleet: readonly Worker[], kind: Role["kind"]): Promise<void> {
  const ending = fleet.filter((_, index) => roles[index]?.kind === kind);
  for (const { child } of ending) if (child.connected) child.send("stop");
  await Promise.all(ending.map((worker) => worker.gone));
}

/** Waits until no group has anything left. Returns what is left when the time is up. */
async function drained(folder: string, withinMs: number): Promise<string[]> {
  const broker = await openBroker(folder);
  try {
    const until = Date.now() + withinMs;
    for (;;) {
      const left = (await broker.inspect()).filter((report) => report.lag > 0);
      if (left.length === 0) return [];
      if (Date.now() > until)
        return left.map((report) => `${report.group}: stuck with ${JSON.stringify(report)}`);
      await sleep(100);
    }
  } finally {
    await broker.close();
  }
}

function result(folder: string, killed: ChaosResult["killed"], stuck: readonly string[]): ChaosResult {
  const published = readLedger(publishedFile(folder));
  const verdicts = groups.map((group) => judge(published, readLedger(groupFile(folder, group.name)), group));
  return { killed, verdicts, violations: [...stuck, ...verdicts.flatMap((verdict) => verdict.violations)] };
}
