/**
 * The conformance kit for broker adapters: guarantees B1 to B18 of the contract, one file each, and a file for every
 * ability beyond them. `suites.ts` lists them; a case is a function of an `env`; `run.ts` runs cases. This file is the
 * only one that imports vitest, and the package's only code that needs it.
 */
import type { Broker } from "@meshwright/core/adapter";
import { describe, test } from "vitest";
import type { ConformanceOptions } from "./options.js";
import { type CaseResult, caseLimitMs, checkSkips, runCase } from "./run.js";
import { guarantees } from "./suites.js";

/**
 * Registers the conformance kit as vitest suites. Call it at the top of a test file, or in a `describe`.
 *
 * A case that the manifest rules out is shown as skipped with that reason; where an ability is off, its refusal is
 * tested instead. A case that needs an option you did not give fails until you give it or name it in `skip`.
 *
 * @example
 * import { testBroker } from "@meshwright/testing";
 * import { sqliteBroker } from "../src/index.js";
 *
 * const path = join(mkdtempSync(join(tmpdir(), "mesh-")), "mesh.db");
 * testBroker({
 *   create: () => sqliteBroker({ path, lease: "500ms" }),
 *   leaseMs: 500,
 *   fork: { module: new URL("./broker.fork.ts", import.meta.url), options: { path } },
 *   skip: { "B10/restart-goes-on": "a file has no server" },
 * });
 */
export function testBroker<B extends Broker>(options: ConformanceOptions<B>): void {
  const deadlineMs = options.deadlineMs ?? 20_000;
  const timeout = caseLimitMs(options) + 2 * deadlineMs;
  describe(options.name ?? "broker conformance", () => {
    test("every skip names a test that exists", () => conclude(checkSkips(options)));
    for (const guarantee of guarantees)
      describe(`${guarantee.id}: ${guarantee.promise}`, () => {
        for (const one of guarantee.cases)
          test(`${one.id}: ${one.title}`, { timeout }, async (context) => {
            const result = await runCase(options, one);
            if (result.reason !== undefined) context.skip(result.reason);
            conclude(result);
          });
      });
  });
}

function conclude(result: CaseResult): void {
  if (result.status === "failed") throw result.error;
}
