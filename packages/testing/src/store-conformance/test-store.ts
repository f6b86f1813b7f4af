/**
 * The conformance kit for stores: guarantees S1 to S19 of the contract. `suites.ts` lists them; a case is a function of an
 * `env`; `run.ts` runs cases. This file is the only one here that imports vitest.
 */
import { describe, test } from "vitest";
import type { StoreConformanceOptions } from "./options.js";
import { runStoreCase } from "./run.js";
import { storeGuarantees } from "./suites.js";

/**
 * Registers the conformance kit for stores as vitest suites. Call it at the top of a test file, or in a `describe`. A case
 * that needs something the world does not have fails until the world has it, or `skip` says why not.
 *
 * @example
 * import { testStore } from "@meshwright/testing";
 *
 * testStore({ leaseMs: 300, world: () => worldOn(memoryDatabase()) });
 */
export function testStore<Client>(options: StoreConformanceOptions<Client>): void {
  const timeout = 4 * (options.deadlineMs ?? 20_000);
  describe(options.name ?? "store conformance", () => {
    test("every skip names a test that exists", () => {
      const known = new Set(storeGuarantees.flatMap(({ cases }) => cases.map(({ id }) => id)));
      const unknown = Object.keys(options.skip ?? {}).filter((id) => !known.has(id));
      if (unknown.length > 0)
        throw new Error(`There is no test ${unknown.join(", ")}. Take it out of \`skip\`.`);
    });
    for (const { id, promise, cases } of storeGuarantees)
      describe(`${id}: ${promise}`, () => {
        for (const one of cases)
          test(`${one.id}: ${one.title}`, { timeout }, async (context) => {
            const { status, reason, error } = await runStoreCase(options, one);
            if (reason !== undefined) context.skip(reason);
            if (status === "failed") throw error;
          });
      });
  });
}
