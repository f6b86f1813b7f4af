/** How a saga has ended, and what it has told of that. */
import { isDeepStrictEqual } from "node:util";
import type { SagaHistory } from "@meshwright/core";
import { modelOf, steps } from "../plan.js";
import type { SagaViolation, Told } from "./evidence.js";

/** @param instance - undefined where there is none */
export function judgeEnd(saga: string, instance: SagaHistory | undefined): SagaViolation[] {
  const broken = (what: string): SagaViolation[] => [{ promise: "end", saga, what }];
  if (instance === undefined) return broken("was started, and is not there");
  const { state } = modelOf(saga);
  const { state: is, run, error, value } = instance;
  if (is !== state)
    return broken(`should be ${state}, and is ${is}${error === undefined ? "" : `: ${error.message}`}`);
  if (run !== 1) return broken(`has had ${run} runs`);
  if (!isDeepStrictEqual(value, expectedValue(instance)))
    return broken(`has the value ${JSON.stringify(value)}`);
  return [];
}

/** What it must return, by its journal. */
function expectedValue({ key, journal }: SagaHistory): unknown {
  if (modelOf(key).state !== "completed") return undefined;
  const markOf = (step: string): unknown =>
    journal.flatMap((entry) => (entry.kind === "step" && entry.name === step ? [entry.value] : []))[0];
  return {
    answered: journal.some(({ kind }) => kind === "event"),
    marks: Object.fromEntries(steps.map((step) => [step, markOf(step)])),
  };
}

/** A relay may bring the same event to the broker again, with the same id. */
export function judgeTold(instance: SagaHistory, told: readonly Told[]): SagaViolation[] {
  const { key: saga, journal, value } = instance;
  const broken = (what: string): SagaViolation => ({ promise: "told", saga, what });
  const published = journal.flatMap((entry) =>
    entry.kind === "published" ? [(entry.event as { readonly id: string }).id] : [],
  );
  const expected = modelOf(saga).state === "completed" ? 1 : 0;
  const violations =
    published.length === expected ? [] : [broken(`has published ${published.length} events`)];
  const ids = [...new Set(told.map(({ id }) => id))];
  for (const id of published.filter((one) => !ids.includes(one)))
    violations.push(broken(`never came to the broker: ${id}`));
  for (const id of ids.filter((one) => !published.includes(one)))
    violations.push(broken(`is on the broker, and was not published: ${id}`));
  for (const one of told)
    if (!isDeepStrictEqual(one.value, value))
      violations.push(broken(`tells of another end: ${JSON.stringify(one.value)}`));
  return violations;
}
