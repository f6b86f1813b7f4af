/**
 * Disturbs a broker under load and checks that it keeps its promises. One Markdown table a broker; exit code 1 when a
 * promise is broken.
 *
 *   npm run chaos -- --broker sqlite --minutes 2 --faults 200 --seed 7
 */
import { parseArgs } from "node:util";
import { broken, tableOf, violationsOf } from "./report.js";
import { runChaos } from "./run/run.js";
import { strikeKinds } from "./run/strikes.js";
import { type BrokerName, brokerNames } from "./targets/brokers.js";

const usage = `Usage: npm run chaos -- [--broker ${brokerNames.join("|")}|all, default all]
  [--minutes <number, default 10>] [--faults <number, default 60>] [--seed <number>] [--keep] [--quiet]
  [--only "<kind of fault>": ${strikeKinds.join(", ")}]`;

interface Asked {
  readonly brokers: readonly BrokerName[];
  readonly durationMs: number;
  readonly faults: number;
  readonly only?: string;
  readonly seed: number;
  readonly keep: boolean;
  readonly quiet: boolean;
}

function asked(): Asked {
  try {
    const { values } = parseArgs({
      options: {
        broker: { type: "string", default: "all" },
        minutes: { type: "string", default: "10" },
        faults: { type: "string", default: "60" },
        only: { type: "string" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
        keep: { type: "boolean", default: false },
        quiet: { type: "boolean", default: false },
      },
    });
    const { only, keep, quiet } = values;
    const brokers = brokerNames.filter((name) => values.broker === "all" || values.broker === name);
    const [minutes, faults, seed] = [values.minutes, values.faults, values.seed].map(Number) as [
      number,
      number,
      number,
    ];
    const counted = Number.isInteger(faults) && faults > 0 && Number.isInteger(seed);
    const known = only === undefined || strikeKinds.includes(only);
    if (brokers.length > 0 && minutes > 0 && counted && known)
      return { brokers, durationMs: minutes * 60_000, faults, ...(only && { only }), seed, keep, quiet };
  } catch {
    // Said below.
  }
  console.error(usage);
  process.exit(2);
}

const { brokers, quiet, ...options } = asked();
for (const broker of brokers) {
  console.log(`chaos on ${broker}, seed ${options.seed}`);
  const log = quiet ? () => undefined : (line: string) => console.log(line);
  const result = await runChaos({ ...options, broker, log });
  console.log(`\n${tableOf(result)}`);
  const violations = broken(result);
  if (violations === 0) continue;
  for (const line of violationsOf(result)) console.log(line);
  const only = options.only === undefined ? "" : ` --only "${options.only}"`;
  const again = `--broker ${broker} --minutes ${options.durationMs / 60_000} --faults ${options.faults}${only} --seed ${options.seed}`;
  console.log(`BROKEN: ${violations} violations. Again with: ${again} --keep`);
  process.exitCode = 1;
}

// At once: what a killed process has left half open must not keep this one.
process.exit();
