import { CompensateError, type Run, retry, type Saga, StepFailedError, saga } from "@meshwright/core";
import type { Random, SagaHarness } from "../../src/index.js";
import { key, published, released, scanFinished, sloBreached } from "./support.js";

/** What a random saga is made of. `nr` is of this one alone. */
export type Part = { readonly nr: number } & (
  | { readonly kind: "publish" | "sleep" | "values" | "compensate" }
  /** So many attempts fail; with five it is given up. */
  | { readonly kind: "step"; readonly failures: number; readonly undone: boolean }
  | { readonly kind: "scan" | "breach" | "signal"; readonly timeout: "10m" | "20m" | "never" }
  /** Several: one after the other, at the same time, or only the first that is done. */
  | { readonly kind: "sequence" | "all" | "race"; readonly parts: readonly Part[] }
);

/** What is done with it. */
export type Act = { readonly nr: number; readonly kind: (typeof acts)[number] };

const simple = ["step", "step", "publish", "scan", "breach", "signal", "sleep", "values"] as const;
/** No steps: which of two that work at the same time is done first is not the saga's to say. */
const racing = ["publish", "scan", "breach", "signal", "sleep"] as const;
const acts = ["scan", "scan", "breach", "signal", "skip", "skip", "cancel", "again", "other"] as const;

/** Makes parts, each with a number of its own. */
export function randomParts(random: Random): Part[] {
  let count = 0;
  const part = (kind: Part["kind"], depth: number): Part => {
    const nr = count++;
    const timeout = random.pick(["10m", "20m", "never"] as const);
    if (kind === "step")
      return { kind, nr, failures: random.pick([0, 0, 0, 1, 2, 5]), undone: random.chance(0.5) };
    if (kind === "scan" || kind === "breach" || kind === "signal") return { kind, nr, timeout };
    if (kind !== "sequence" && kind !== "all" && kind !== "race") return { kind, nr };
    const parts = Array.from({ length: random.int(1, 3) }, () =>
      kind === "race" ? part(random.pick(racing), depth + 1) : any(depth + 1),
    );
    return { kind, nr, parts };
  };
  const any = (depth: number): Part => {
    const nested = depth < 2 ? (["sequence", "all", "race"] as const) : [];
    return part(
      random.pick([...simple, ...nested, ...(depth === 0 ? (["compensate"] as const) : [])]),
      depth,
    );
  };
  return Array.from({ length: random.int(2, 6) }, () => any(0));
}

export function randomActs(random: Random): Act[] {
  return Array.from({ length: random.int(4, 9) }, () => ({ kind: random.pick(acts), nr: random.int(0, 99) }));
}

type SagaRun = Run<typeof scanFinished | typeof sloBreached>;

export function sagaOf(parts: readonly Part[], again: "ignore" | "supersede"): Saga {
  const options = { startedBy: published, key, events: [scanFinished, sloBreached], again } as const;
  return saga("random", options, async (run, { data: { digest } }) => {
    if (digest === "first") return waitsOf(run, digest);
    const results: unknown[] = [];
    for (const part of parts) results.push(await doPart(run, digest, part));
    await run.publish(released, { digest, by: JSON.stringify(results) });
    return results;
  });
}

/** In each way that there is, once. */
async function waitsOf(run: SagaRun, digest: string): Promise<void> {
  await run.all([
    run.waitFor(scanFinished, { where: { data: { digest } }, timeout: "1m" }),
    run.waitFor(sloBreached, { timeout: "1m" }),
  ]);
}

async function doPart(run: SagaRun, digest: string, part: Part): Promise<unknown> {
  const { nr, kind } = part;
  const options = "timeout" in part && part.timeout !== "never" ? { timeout: part.timeout } : {};
  const each = "parts" in part ? part.parts : [];
  switch (kind) {
    case "step":
      return doStep(run, part);
    case "publish":
      return (await run.publish(released, { digest, by: `part ${nr}` })).id;
    case "scan":
      return (await run.waitFor(scanFinished, { where: { data: { digest } }, ...options }))?.data.critical;
    case "breach":
      return (await run.waitFor(sloBreached, options))?.data.burnRate;
    case "signal":
      return run.signal("go", options);
    case "sleep":
      return run.sleep("10m");
    case "values":
      // They differ from run to run of the test.
      return [run.uuid(), run.random(), run.now()].length;
    case "compensate":
      throw new CompensateError(`part ${nr}`);
    case "all":
      return run.all(each.map((one) => doPart(run, digest, one)));
    case "race":
      return run.race(each.map((one) => doPart(run, digest, one)));
    case "sequence":
      return inSequence(run, digest, each);
  }
}

async function inSequence(run: SagaRun, digest: string, parts: readonly Part[]): Promise<unknown> {
  const results: unknown[] = [];
  try {
    for (const part of parts) results.push(await doPart(run, digest, part));
  } catch (error) {
    if (!(error instanceof StepFailedError)) throw error;
    results.push(error.step);
  }
  return results;
}

function doStep(run: SagaRun, { nr, failures, undone }: Extract<Part, { kind: "step" }>): Promise<number> {
  const failing = (attempt: number, times: number): number => {
    if (attempt <= times) throw new Error(`attempt ${attempt} of part ${nr}`);
    return nr;
  };
  return run.step(`part ${nr}`, ({ attempt }) => failing(attempt, failures), {
    retry: retry({ immediate: 1, delayed: ["20s", "3m"] }),
    ...(undone ? { compensate: ({ attempt }) => failing(attempt, failures - 2) } : {}),
  });
}

export async function doActs(harness: SagaHarness, list: readonly Act[]): Promise<void> {
  // Every way to wait is known from here on.
  await harness.given(published, { digest: "first" });
  await harness.skip("2m");
  await harness.given(published, { digest: "a" });
  for (const act of list) await doAct(harness, act);
}

async function doAct(harness: SagaHarness, { kind, nr }: Act): Promise<unknown> {
  switch (kind) {
    case "scan":
      return harness.given(scanFinished, { digest: nr % 2 === 0 ? "a" : "b", critical: nr });
    case "breach":
      return harness.given(sloBreached, { burnRate: nr });
    case "signal":
      return harness.signal("a", "go", nr);
    // Not in step with the timers of the saga, which a takeover delays by seconds.
    case "skip":
      return harness.skip(nr % 2 === 0 ? "7m" : "13m");
    case "cancel":
      return nr < 30 ? harness.cancel("a", "no longer wanted") : undefined;
    case "again":
      return harness.given(published, { digest: "a" });
    case "other":
      return harness.given(published, { digest: "b" });
  }
}
