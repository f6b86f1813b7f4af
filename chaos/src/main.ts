/**
 * Disturbs a broker, a store with its outbox and inbox, or sagas on a store, under load and checks that it keeps its promises.
 * One Markdown table a run; exit code 1 when a promise is broken.
 *
 *   npm run chaos -- --broker sqlite --minutes 2 --faults 200 --seed 7
 *   npm run chaos -- --store postgres --minutes 10 --faults 80
 *   npm run chaos -- --saga postgres --minutes 10 --faults 80
 */
import { parseArgs } from "node:util";
import { broken, tableOf, violationsOf } from "./report.js";
import { runChaos } from "./run/run.js";
import { strikeKinds } from "./run/strikes.js";
import { sagasBrokenIn, sagaTableOf, sagaViolationsOf } from "./saga/report.js";
import { runSagaChaos } from "./saga/run/run.js";
import { sagaStrikes } from "./saga/run/strikes.js";
import { brokenIn, storeTableOf, storeViolationsOf } from "./store/report.js";
import { runStoreChaos } from "./store/run/run.js";
import { storeStrikes } from "./store/run/strikes.js";
import { type StoreName, storeNames } from "./store/settings.js";
import { brokerNames } from "./targets/brokers.js";

const usage = `Usage: npm run chaos -- [--broker ${brokerNames.join("|")}|all, default all | --store ${storeNames.join("|")}|all | --saga ${storeNames.join("|")}|all]
  [--minutes <number, default 10>] [--faults <number, default 60>] [--seed <number>] [--keep] [--quiet]
  [--only "<kind of fault>": ${strikeKinds.join(", ")}; with --store also "postgres kill" or "relay cut", with --saga "worker kill"]`;

interface Settings {
  readonly durationMs: number;
  readonly faults: number;
  readonly only?: string;
  readonly seed: number;
  readonly keep: boolean;
  readonly log: (line: string) => void;
}

/** What a run came to, in words. */
interface Outcome {
  readonly table: string;
  readonly violations: readonly string[];
  readonly broken: number;
}

interface Run {
  /** As it is asked for. */
  readonly target: string;
  run(): Promise<Outcome>;
}

const chosen = <Name extends string>(names: readonly Name[], value: string | undefined): readonly Name[] =>
  names.filter((name) => value === "all" || value === name);

/** What is to be disturbed, as it is asked for. */
interface Targets {
  readonly broker: string | undefined;
  readonly store: string | undefined;
  readonly saga: string | undefined;
}

function runsOn({ broker, store, saga }: Targets, { only, ...settings }: Settings): readonly Run[] {
  const brokers = chosen(
    brokerNames,
    broker ?? (store === undefined && saga === undefined ? "all" : undefined),
  );
  const [stores, sagas] = [chosen(storeNames, store), chosen(storeNames, saga)];
  const known =
    (strikes: (name: StoreName, only: readonly string[]) => readonly unknown[]) =>
    (name: StoreName): boolean =>
      only === undefined || strikes(name, [only]).length > 0;
  if (!stores.every(known(storeStrikes)) || !sagas.every(known(sagaStrikes))) return [];
  if (brokers.length > 0 && only !== undefined && !strikeKinds.includes(only)) return [];
  const some = only === undefined ? {} : { only: [only] };
  return [
    ...brokers.map((name) => ({
      target: `--broker ${name}`,
      run: async () => {
        const result = await runChaos({ ...settings, ...(only && { only }), broker: name });
        return { table: tableOf(result), violations: violationsOf(result), broken: broken(result) };
      },
    })),
    ...stores.map((name) => ({
      target: `--store ${name}`,
      run: async () => {
        const result = await runStoreChaos({ ...settings, ...some, store: name });
        return {
          table: storeTableOf(result),
          violations: storeViolationsOf(result),
          broken: brokenIn(result),
        };
      },
    })),
    ...sagas.map((name) => ({
      target: `--saga ${name}`,
      run: async () => {
        const result = await runSagaChaos({ ...settings, ...some, store: name });
        return {
          table: sagaTableOf(result),
          violations: sagaViolationsOf(result),
          broken: sagasBrokenIn(result),
        };
      },
    })),
  ];
}

function asked(): Settings & { readonly runs: readonly Run[] } {
  try {
    const { values } = parseArgs({
      options: {
        broker: { type: "string" },
        store: { type: "string" },
        saga: { type: "string" },
        minutes: { type: "string", default: "10" },
        faults: { type: "string", default: "60" },
        only: { type: "string" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
        keep: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
      },
    });
    const { only, keep, quiet } = values;
    const [minutes, faults, seed] = [values.minutes, values.faults, values.seed].map(Number) as [
      number,
      number,
      number,
    ];
    const log = quiet ? () => undefined : (line: string) => console.log(line);
    const settings = { durationMs: minutes * 60_000, faults, ...(only && { only }), seed, keep, log };
    const { broker, store, saga } = values;
    const runs = runsOn({ broker, store, saga }, settings);
    const counted = Number.isInteger(faults) && faults > 0 && Number.isInteger(seed);
    if (runs.length > 0 && minutes > 0 && counted) return { ...settings, runs };
  } catch {
    // Said below.
  }
  console.error(usage);
  process.exit(2);
}

const { runs, durationMs, faults, only, seed } = asked();
for (const { target, run } of runs) {
  console.log(`chaos: ${target} --seed ${seed}`);
  const outcome = await run();
  console.log(`\n${outcome.table}`);
  if (outcome.broken === 0) continue;
  for (const line of outcome.violations) console.log(line);
  const same = only === undefined ? "" : ` --only "${only}"`;
  const again = `${target} --minutes ${durationMs / 60_000} --faults ${faults}${same} --seed ${seed}`;
  console.log(`BROKEN: ${outcome.broken} violations. Again with: ${again} --keep`);
  process.exitCode = 1;
}

// At once: what a killed process has left half open must not keep this one.
process.exit();
