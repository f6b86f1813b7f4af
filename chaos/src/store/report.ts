/** A run on a store as Markdown. */
import { faultsIn, shown, tableIn } from "../report.js";
import type { StorePromise } from "./judge/evidence.js";
import type { StageVerdict } from "./judge/stage.js";
import type { StoreResult } from "./run/run.js";

/** How often a promise was broken. */
export function brokenIn({ commits, stages, stuck }: StoreResult): number {
  return [commits, ...stages].reduce((sum, { violations }) => sum + violations.length, stuck.length);
}

export function storeTableOf(result: StoreResult): string {
  const { store, seed, durationMs, faults, left, stages, stuck } = result;
  const minutes = (durationMs / 60_000).toFixed(1);
  const head = `### store on ${store}: ${minutes} minutes, ${faults.length} faults, ${left} rolling restarts, seed ${seed}`;
  const table = tableIn<StageVerdict>(stages, [
    ["stage", ({ stage }) => stage],
    ["expected", ({ expected }) => expected],
    ["came", ({ came }) => came],
    ["repeated", ({ repeated }) => repeated],
    ["lost", count("lost")],
    ["of no committed row", count("phantom")],
    ["effect twice", count("twice")],
    ["out of order", count("order")],
    ["wrong id", count("id")],
  ]);
  return [head, "", faultsIn(faults), transactionsIn(result), `Stuck: ${stuck.length}.`, "", table, ""].join(
    "\n",
  );
}

/** The first violations, for whoever has to find out what happened. */
export function storeViolationsOf({ commits, stages, stuck }: StoreResult): string[] {
  const all = [{ stage: "transactions", ...commits }, ...stages].flatMap(({ stage, violations }) =>
    violations.map(({ promise, what }) => `${stage}: ${promise}: ${what}`),
  );
  return [...stuck.map((what) => `stuck: ${what}`), ...all].slice(0, shown);
}

function transactionsIn({ commits }: StoreResult): string {
  const { committed, foundDone, rolledBackOnPurpose, rolledBack, violations } = commits;
  const failed = [...rolledBack].sort().map(([why, times]) => `${times} ${why}`);
  return [
    `Transactions whose end is known: ${committed} committed (${foundDone} of them without an answer),`,
    `${rolledBackOnPurpose} rolled back on purpose, others not committed: ${failed.join(", ") || "none"}.`,
    `Not as their writers know: ${violations.length}.`,
  ].join(" ");
}

function count(promise: StorePromise): (verdict: StageVerdict) => number {
  return ({ violations }) => violations.filter((violation) => violation.promise === promise).length;
}
