/**
 * Kills publishers and consumers of one SQLite file at random instants and checks that nothing confirmed was lost, no
 * key was handled out of order, and nothing is stuck.
 *
 *   node --conditions=@meshwright/source --import tsx packages/sqlite/chaos/main.ts --kills 200 --seed 7
 */
import { parseArgs } from "node:util";
import { runChaos } from "./run.js";
import { groups } from "./setup.js";

const usage = "Usage: npm run chaos -- [--kills <number, default 200>] [--seed <number>] [--keep]";

function asked() {
  try {
    const options = {
      kills: { type: "string" },
      seed: { type: "string" },
      keep: { type: "boolean" },
    } as const;
    const { values } = parseArgs({ options });
    const kills = Number(values.kills ?? 200);
    const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
    if (Number.isInteger(kills) && kills > 0 && Number.isInteger(seed)) return { ...values, kills, seed };
  } catch {
    // Said below.
  }
  console.error(usage);
  process.exit(2);
}

const { kills, seed, keep = false } = asked();
console.log(`chaos: ${kills} kills, seed ${seed}`);
const { killed, verdicts, violations } = await runChaos({
  kills,
  seed,
  keep,
  log: (line) => console.log(line),
});
console.log(`killed: ${killed.publisher} publishers, ${killed.consumer} consumers`);
for (const [index, { confirmed, handled, redelivered }] of verdicts.entries()) {
  console.log(
    `${groups[index]?.name}: ${confirmed} confirmed, ${handled} handled, ${redelivered} delivered again`,
  );
}
for (const violation of violations.slice(0, 20)) console.log(violation);
if (violations.length > 0) {
  console.log(`BROKEN: ${violations.length} violations. Again with: --kills ${kills} --seed ${seed}`);
  process.exitCode = 1;
} else console.log("nothing lost, nothing out of order, nothing stuck");
