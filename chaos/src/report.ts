/** A run as Markdown, one table a broker. */
import type { Promised } from "./judge/evidence.js";
import type { Verdict } from "./judge/judge.js";
import type { ChaosResult } from "./run/run.js";

const shown = 20;

/** How often a promise was broken, all groups together. */
export function broken({ verdicts, stuck }: ChaosResult): number {
  return verdicts.reduce((sum, { violations }) => sum + violations.length, stuck.length);
}

export function tableOf(result: ChaosResult): string {
  const { broker, seed, durationMs, faults, left, stalls, verdicts } = result;
  const minutes = (durationMs / 60_000).toFixed(1);
  const head = `### ${broker}: ${minutes} minutes, ${faults.length} faults, ${left} rolling restarts, seed ${seed}`;
  const columns = [
    ["group", ({ group }: Verdict) => group],
    ["confirmed", ({ confirmed }: Verdict) => confirmed],
    ["handled", ({ handled }: Verdict) => handled],
    ["dead letters", ({ deadLettered }: Verdict) => deadLettered],
    ["deliveries", ({ deliveries }: Verdict) => deliveries],
    ["given back", ({ givenBack }: Verdict) => givenBack],
    ["duplicates by faults", ({ repeated }: Verdict) => repeated],
    ["unexplained duplicates", count("duplicate")],
    ["lost", count("lost")],
    ["out of order", count("order")],
    ["wrong attempts", count("attempt")],
    ["wrong dead letters", count("dead letter")],
  ] as const;
  const lines = [
    columns.map(([name]) => name),
    columns.map((_, at) => (at === 0 ? "---" : "---:")),
    ...verdicts.map((verdict) => columns.map(([, value]) => value(verdict))),
  ];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  return [head, "", ...kindsOf(result), `Stalls of processes: ${stalls}.`, "", table, ""].join("\n");
}

/** The first violations, for whoever has to find out what happened. */
export function violationsOf({ verdicts, stuck }: ChaosResult): string[] {
  const all = verdicts.flatMap(({ group, violations }) =>
    violations.map(({ promise, what }) => `${group}: ${promise}: ${what}`),
  );
  return [...stuck.map((what) => `stuck: ${what}`), ...all].slice(0, shown);
}

function count(promise: Promised): (verdict: Verdict) => number {
  return ({ violations }) => violations.filter((violation) => violation.promise === promise).length;
}

function kindsOf({ faults }: ChaosResult): string[] {
  const counts = new Map<string, number>();
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const told = [...counts].sort().map(([kind, times]) => `${times} ${kind}`);
  return [`Faults: ${told.join(", ")}.`];
}
