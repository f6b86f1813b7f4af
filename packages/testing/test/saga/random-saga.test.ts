/** Sagas that nobody thought of, with a crash at every commit. SAGA_SEEDS="1-2000" tries others. */
import { expect, test } from "vitest";
import { createRandom } from "../../src/conformance/random.js";
import { everyCrash } from "../../src/index.js";
import { doActs, randomActs, randomParts, sagaOf } from "./random-saga.js";
import { catalog } from "./support.js";

const [first = 1, last = 40] = (process.env.SAGA_SEEDS ?? "").split("-").filter(Boolean).map(Number);

for (let seed = first; seed <= last; seed++) {
  test(`random saga ${seed}`, async () => {
    const random = createRandom(seed);
    const parts = randomParts(random);
    const acts = randomActs(random);
    const subject = sagaOf(parts, random.pick(["ignore", "supersede"]));
    const checking = everyCrash(subject, { catalog }, (harness) => doActs(harness, acts));
    await expect(checking, JSON.stringify({ parts, acts })).resolves.toMatchObject({
      crashes: expect.any(Number),
    });
  });
}
