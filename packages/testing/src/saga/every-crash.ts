/** A scenario of a saga, with a crash at every place where one can leave something behind. */
import { MeshError, type MeshEvent, type Saga } from "@meshwright/core";
import { type Harness, openHarness } from "./harness.js";
import type { CrashPoint, SagaHarness, SagaHarnessOptions } from "./options.js";

/** What a test does with a saga. It is done many times: what it counts or doubles, it makes anew each time. */
export type SagaScenario = (harness: SagaHarness) => Promise<void>;

export interface EveryCrashResult {
  /** Transactions of the scenario without a crash. */
  readonly transactions: number;
  /** Times that the scenario was done with a crash. */
  readonly crashes: number;
}

/**
 * Does a scenario without a crash, then once with a crash before each commit of the saga's process and once after each, and checks
 * that no crash makes a difference: instances end in the same states with the same values and errors, the same events are published
 * by id and data, and no idempotency key is that of two steps. Steps may be done more often, as they may in production.
 *
 * Each takeover moves the clock by six seconds more. A scenario should not hang on less than that, and events or values that have
 * `run.now` in them differ.
 *
 * @param saga - or all versions of one
 * @param scenario - may have expectations of its own, which then hold for every crash
 * @throws MeshError `SCENARIO_NOT_REPEATABLE` where it has another outcome though nothing crashed, or never came to its crash
 * @throws MeshError `CRASH_CHANGES_OUTCOME` naming the crash and the difference
 * @throws MeshError `IDEMPOTENCY_KEY_REUSED`
 * @throws MeshError `SCENARIO_EMPTY` where the saga had nothing to do
 * @example
 * await everyCrash(rollout, { catalog }, async (harness) => {
 *   await harness.given(artifactPublished, { digest: "sha256:1" });
 *   await harness.skip("15m");
 *   expect(await harness.instance("sha256:1")).toMatchObject({ state: "completed" });
 * });
 */
export async function everyCrash(
  saga: Saga | readonly Saga[],
  options: Omit<SagaHarnessOptions, "crash" | "clock">,
  scenario: SagaScenario,
): Promise<EveryCrashResult> {
  const once = (crash?: CrashPoint): Promise<Outcome> =>
    outcomeOf(() => openHarness(saga, crash === undefined ? options : { ...options, crash }), scenario);
  const expected = await once();
  const { transactions } = expected;
  if (transactions === 0) throw empty();
  const again = difference(expected, await once());
  if (again !== undefined) throw notRepeatable(again);
  let crashes = 0;
  for (let at = 1; at <= transactions; at++) {
    for (const when of ["before-commit", "after-commit"] as const) {
      await withCrash(expected, { at, when }, once);
      crashes += 1;
    }
  }
  return { transactions, crashes };
}

async function withCrash(
  expected: Outcome,
  crash: CrashPoint,
  once: (crash: CrashPoint) => Promise<Outcome>,
): Promise<void> {
  let outcome: Outcome;
  try {
    outcome = await once(crash);
  } catch (cause) {
    if (cause instanceof MeshError && cause.code === "IDEMPOTENCY_KEY_REUSED") throw cause;
    throw changed(crash, `the scenario rejects: ${cause instanceof Error ? cause.message : cause}`, cause);
  }
  if (!outcome.hasCrashed) throw notRepeatable(`it does not come to transaction ${crash.at}`);
  const found = difference(expected, outcome);
  if (found !== undefined) throw changed(crash, found);
}

/** By what it is called: as JSON. */
type Facts = ReadonlyMap<string, string>;

interface Outcome {
  readonly transactions: number;
  readonly hasCrashed: boolean;
  readonly facts: Facts;
}

async function outcomeOf(open: () => Promise<Harness>, scenario: SagaScenario): Promise<Outcome> {
  await using harness = await open();
  await scenario(harness);
  requireOwnKeys(harness);
  const facts = new Map<string, string>();
  for (const { key, run, version, state, value, error } of await harness.instances())
    facts.set(`instance "${key}"`, JSON.stringify({ run, version, state, value, error }));
  for (const event of harness.all) addEvent(facts, event);
  return { transactions: harness.transactions, hasCrashed: harness.hasCrashed, facts };
}

/** One that comes twice counts once, as for whoever goes by ids; but it has to be the same. */
function addEvent(facts: Map<string, string>, { type, id, data }: MeshEvent): void {
  const name = `event ${type} ${id}`;
  const fact = JSON.stringify(data) ?? "no data";
  const before = facts.get(name);
  facts.set(name, before === undefined || before === fact ? fact : `${before}, then ${fact}`);
}

function requireOwnKeys({ steps }: Harness): void {
  const owners = new Map<string, string>();
  for (const { key, name, idempotencyKey } of steps) {
    const step = `step "${name}" of "${key}"`;
    const owner = owners.get(idempotencyKey) ?? step;
    owners.set(idempotencyKey, owner);
    if (owner !== step) throw keyReused(owner, step);
  }
}

function difference({ facts: expected }: Outcome, { facts: found }: Outcome): string | undefined {
  for (const [name, fact] of expected)
    if (found.get(name) !== fact) return `${name} was ${short(fact)}, and is ${short(found.get(name))}`;
  for (const [name, fact] of found)
    if (!expected.has(name)) return `${name} was not there, and is ${short(fact)}`;
  return undefined;
}

const longest = 500;

function short(fact: string | undefined): string {
  if (fact === undefined) return "not there";
  return fact.length > longest ? `${fact.slice(0, longest)}…` : fact;
}

function changed(crash: CrashPoint, what: string, cause?: unknown): MeshError {
  const { at, when } = crash;
  return new MeshError(
    "CRASH_CHANGES_OUTCOME",
    `A crash makes a difference: ${what}. See it alone with sagaHarness(saga, { crash: { at: ${at}, when: "${when}" } }). What is not the same in each run of the code belongs into run.step, run.random, run.uuid or run.now.`,
    { cause },
  );
}

function notRepeatable(what: string): MeshError {
  return new MeshError(
    "SCENARIO_NOT_REPEATABLE",
    `The scenario has not the same outcome each time: ${what}. What is not the same in each run of the code belongs into run.step, run.random or run.uuid, and what the scenario changes outside it has to set anew at its beginning.`,
  );
}

function keyReused(one: string, other: string): MeshError {
  return new MeshError(
    "IDEMPOTENCY_KEY_REUSED",
    `Two steps had the same idempotency key: ${one} and ${other}. The order of the saga's commands is not the same in each run of its code.`,
  );
}

function empty(): MeshError {
  return new MeshError(
    "SCENARIO_EMPTY",
    "The saga had nothing to do in this scenario: there is nowhere to crash. Give it an event that starts it.",
  );
}
