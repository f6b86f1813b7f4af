/** A run of sagas as Markdown. */
import { faultsIn, shown, tableIn } from "../report.js";
import type { SagaPromise } from "./judge/evidence.js";
import type { EndingVerdict } from "./judge/judge.js";
import type { SagaResult } from "./run/run.js";

/** How often a promise was broken. */
export function sagasBrokenIn({ endings, stuck }: SagaResult): number {
  return endings.reduce((sum, { violations }) => sum + violations.length, stuck.length);
}

export function sagaTableOf(result: SagaResult): string {
  const { store, seed, durationMs, faults, left, endings, stuck } = result;
  const minutes = (durationMs / 60_000).toFixed(1);
  const head = `### sagas on ${store}: ${minutes} minutes, ${faults.length} faults, ${left} rolling restarts, seed ${seed}`;
  const table = tableIn<EndingVerdict>(endings, [
    ["must be", ({ ending }) => ending],
    ["started", ({ started }) => started],
    ["ended so", ({ ended }) => ended],
    ["answered", ({ answered }) => answered],
    ["steps begun", ({ begun }) => begun],
    ["again by faults", ({ again }) => again],
    ["timers fired", ({ fired }) => fired],
    ["told", ({ told }) => told],
    ["told again", ({ toldAgain }) => toldAgain],
    ["wrong end", count("end")],
    ["wrong steps", count("steps")],
    ["wrong keys", count("key")],
    ["again for no reason", count("again")],
    ["timers not once", count("timer")],
    ["timers early", count("early")],
    ["wrongly told", count("told")],
  ]);
  return [head, "", faultsIn(faults), `Stuck: ${stuck.length}.`, "", table, ""].join("\n");
}

/** The first violations, for whoever has to find out what happened. */
export function sagaViolationsOf({ endings, stuck }: SagaResult): string[] {
  const all = endings.flatMap(({ violations }) =>
    violations.map(({ promise, saga, what }) => `${saga}: ${promise}: ${what}`),
  );
  return [...stuck.map((what) => `stuck: ${what}`), ...all].slice(0, shown);
}

function count(promise: SagaPromise): (verdict: EndingVerdict) => number {
  return ({ violations }) => violations.filter((violation) => violation.promise === promise).length;
}
