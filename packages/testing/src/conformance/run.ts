/**
 * Runs conformance cases without a test framework. `testBroker` does the same under vitest.
 */
import type { Broker, BrokerCapabilities } from "@meshwright/core/adapter";
import { MeshError } from "@meshwright/core/adapter";
import { type ConformanceCase, inapplicable } from "./case.js";
import { createEnv } from "./env.js";
import { hasHook } from "./hooks.js";
import type { ConformanceOptions } from "./options.js";
import { guarantees } from "./suites.js";

/** What became of one case. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  /** "inapplicable": the manifest says that there is nothing to test. */
  readonly status: "passed" | "failed" | "skipped" | "inapplicable";
  /** Why it was skipped or does not apply. */
  readonly reason?: string;
  /** What failed. */
  readonly error?: unknown;
}

/**
 * Runs the conformance kit, or a part of it, and tells what became of each case.
 *
 * @param options - as for `testBroker`
 * @param selection - `only`: guarantees ("B5") or cases ("B5/in-order"); default all
 * @example
 * const results = await runConformance({ create: () => myBroker({ url }) }, { only: ["B5"] });
 * const failed = results.filter((result) => result.status === "failed");
 */
export async function runConformance<B extends Broker>(
  options: ConformanceOptions<B>,
  selection: { readonly only?: readonly string[] } = {},
): Promise<CaseResult[]> {
  const { only } = selection;
  const results: CaseResult[] = [];
  if (only === undefined) results.push(checkSkips(options));
  for (const guarantee of guarantees)
    for (const test of guarantee.cases)
      if (only === undefined || only.includes(guarantee.id) || only.includes(test.id))
        results.push(await runCase(options, test));
  return results;
}

/** The case that no skip names a case that does not exist. */
export function checkSkips(options: Pick<ConformanceOptions, "skip">): CaseResult {
  const known = new Set(guarantees.flatMap((guarantee) => guarantee.cases.map((test) => test.id)));
  const unknown = Object.keys(options.skip ?? {}).filter((id) => !known.has(id));
  const result = { id: "skip/known", title: "every skip names a test that exists" };
  if (unknown.length === 0) return { ...result, status: "passed" };
  const told = `There is no test ${unknown.join(", ")}. Take it out of \`skip\`.`;
  return { ...result, status: "failed", error: new MeshError("SKIP_UNKNOWN", told) };
}

/** The longest that a whole case may take, in milliseconds of the machine's clock. */
export function caseLimitMs(options: Pick<ConformanceOptions, "deadlineMs">): number {
  return Math.max(60_000, 3 * (options.deadlineMs ?? 0));
}

/** Runs one case, in a world of its own. Never rejects. */
export async function runCase<B extends Broker>(
  given: ConformanceOptions<B>,
  test: ConformanceCase,
): Promise<CaseResult> {
  // A case knows brokers as brokers only; what `create` made is what `crash` gets.
  const options = given as unknown as ConformanceOptions;
  const { id, title } = test;
  const skip = options.skip?.[id];
  try {
    const reason = inapplicable(test, await capabilitiesOf(options));
    if (reason !== undefined && skip === undefined) return { id, title, status: "inapplicable", reason };
    if (reason !== undefined) throw staleSkip(id, `does not apply anyway: ${reason}`);
    const missing = test.needs?.find((hook) => !hasHook(options, hook));
    if (missing !== undefined && skip === undefined) throw hookMissing(id, missing);
    if (missing === undefined) await runBounded(options, test);
  } catch (error) {
    if (skip === undefined || error instanceof StaleSkip) return { id, title, status: "failed", error };
    return { id, title, status: "skipped", reason: skip };
  }
  if (skip === undefined) return { id, title, status: "passed" };
  if (test.needs?.some((hook) => !hasHook(options, hook)))
    return { id, title, status: "skipped", reason: skip };
  return { id, title, status: "failed", error: staleSkip(id, "passes") };
}

class StaleSkip extends MeshError {}

function staleSkip(id: string, why: string): StaleSkip {
  return new StaleSkip("SKIP_STALE", `${id} is skipped, but ${why}. Take it out of \`skip\`.`);
}

function hookMissing(id: string, hook: string): MeshError {
  const option = { crash: "crash` or `fork", hardRetention: "retention.hard" }[hook] ?? hook;
  return new MeshError(
    "HOOK_MISSING",
    `${id} needs the option \`${option}\`. Give it, or say in \`skip\` why there is none.`,
  );
}

const manifests = new WeakMap<ConformanceOptions, BrokerCapabilities>();

/** Asked once: it is the same for every connection, which a case of its own tests. */
async function capabilitiesOf(options: ConformanceOptions): Promise<BrokerCapabilities> {
  const known = manifests.get(options) ?? (await options.create()).capabilities;
  manifests.set(options, known);
  return known;
}

async function runBounded(options: ConformanceOptions, test: ConformanceCase): Promise<void> {
  const env = createEnv(options);
  const limit = caseLimitMs(options);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = new MeshError("CASE_TIMEOUT", `${test.id} took longer than ${limit} ms.`);
    timer = setTimeout(() => reject(error), limit);
  });
  let failed = true;
  try {
    await Promise.race([test.run(env), late]);
    failed = false;
  } finally {
    clearTimeout(timer);
    // After a failure, how the broker closes is not the news.
    await env.dispose().catch((error: unknown) => {
      if (!failed) throw error;
    });
  }
}
