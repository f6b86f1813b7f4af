/** A run as Markdown, one table a broker. */
import type { Fault } from "./history.js";
import type { Promised } from "./judge/evidence.js";
import type { Verdict } from "./judge/judge.js";
import type { ChaosResult } from "./run/run.js";

/** How many violations are told. */
export const shown = 20;

/** How often a promise was broken, all groups together. */
export function broken({ verdicts, stuck }: ChaosResult): number {
  return verdicts.reduce((sum, { violations }) => sum + violations.length, stuck.length);
}

export function tableOf(result: ChaosResult): string {
  const { broker, seed, durationMs, faults, left, stalls, verdicts } = result;
  const minutes = (durationMs / 60_000).toFixed(1);
  const head = `### ${broker}: ${minutes} minutes, ${faults.length} faults, ${left} rolling restarts, seed ${seed}`;
  const table = tableIn<Verdict>(verdicts, [
    ["group", ({ group }) => group],
    ["confirmed", ({ confirmed }) => confirmed],
    ["handled", ({ handled }) => handled],
    ["dead letters", ({ deadLettered }) => deadLettered],
    ["deliveries", ({ deliveries }) => deliveries],
    ["given back", ({ givenBack }) => givenBack],
    ["duplicates by faults", ({ repeated }) => repeated],
    ["unexplained duplicates", count("duplicate")],
    ["lost", count("lost")],
    ["out of order", count("order")],
    ["wrong attempts", count("attempt")],
    ["wrong dead letters", count("dead letter")],
  ]);
  return [head, "", faultsIn(faults), `Stalls of processes: ${stalls}.`, "", table, ""].join("\n");
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

type Column<Row> = readonly [name: string, value: (row: Row) => string | number];

/** The first column is text, the others are numbers. */
export function tableIn<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [
    columns.map(([name]) => name),
    columns.map((_, at) => (at === 0 ? "---" : "---:")),
    ...rows.map((row) => columns.map(([, value]) => value(row))),
  ];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** Which kinds there were, and how often. */
export function faultsIn(faults: readonly Fault[]): string {
  const counts = new Map<string, number>();
  for (const { kind } of faults) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const told = [...counts].sort().map(([kind, times]) => `${times} ${kind}`);
  return `Faults: ${told.join(", ")}.`;
}
