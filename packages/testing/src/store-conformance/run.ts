/** Runs cases of the store kit without a test framework. `testStore` does the same under vitest. */
import { MeshError } from "@meshwright/core/adapter";
import type { CaseResult } from "../conformance/run.js";
import { lacks, type StoreCase } from "./case.js";
import { createStoreEnv } from "./env.js";
import type { StoreConformanceOptions, StoreWorld } from "./options.js";
import { storeGuarantees } from "./suites.js";

/**
 * Runs the conformance kit for stores, or a part of it, and tells what became of each case.
 *
 * @param selection - `only`: guarantees ("S3") or cases ("S3/order-of-commits"); default all
 */
export async function runStoreConformance<Client>(
  options: StoreConformanceOptions<Client>,
  { only }: { readonly only?: readonly string[] } = {},
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { id, cases } of storeGuarantees)
    for (const one of cases)
      if (only === undefined || only.includes(id) || only.includes(one.id))
        results.push(await runStoreCase(options, one));
  return results;
}

/** Runs one case in a database of its own. Never rejects. */
export async function runStoreCase<Client>(
  given: StoreConformanceOptions<Client>,
  test: StoreCase,
): Promise<CaseResult> {
  // A case knows clients as unknown; what `world` made is what `write` gets.
  const options = given as unknown as StoreConformanceOptions;
  const { id, title } = test;
  const skip = options.skip?.[id];
  if (skip !== undefined) return { id, title, status: "skipped", reason: skip };
  try {
    const world = await options.world();
    const reason = inapplicable(world, test);
    if (reason === undefined) await runIn(world, options, test);
    else await world.dispose?.();
    return reason === undefined
      ? { id, title, status: "passed" }
      : { id, title, status: "inapplicable", reason };
  } catch (error) {
    return { id, title, status: "failed", error };
  }
}

function inapplicable(world: StoreWorld, { id, needs, concurrent, durable }: StoreCase): string | undefined {
  const { capabilities } = world.create();
  if (concurrent && !capabilities.concurrent) return "transactions do not run at the same time";
  if (durable && !capabilities.durable) return "the store is not durable";
  if (!lacks(world, needs)) return undefined;
  throw new MeshError(
    "HOOK_MISSING",
    `${id} needs \`${needs}\` of the world. Give it, or say in \`skip\` why there is none.`,
  );
}

async function runIn(world: StoreWorld, options: StoreConformanceOptions, test: StoreCase): Promise<void> {
  const env = createStoreEnv(world, options);
  let failed = true;
  try {
    await test.run(env);
    failed = false;
  } finally {
    // After a failure, how the store closes is not the news.
    await env.dispose().catch((error: unknown) => {
      if (!failed) throw error;
    });
  }
}
