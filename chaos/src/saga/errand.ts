/** The saga under test: a step, an answer or a timeout, a timer, two steps and a timer at once, one that fails at first, and three ways to end. */
import { CompensateError, retry, type Saga, type StepContext, saga } from "@meshwright/core";
import { answered, closed, opened, sagaName, type Value } from "./events.js";
import { planOf, type Step, undoingOf } from "./plan.js";

export interface Deed {
  readonly saga: string;
  readonly step: string;
  /** How many attempts fail. */
  readonly failures: number;
}

/** Does something, and returns what tells this doing from any other. */
export type Act = (deed: Deed, context: StepContext) => Promise<string>;

// Enough for the most stubborn, at once and later.
const patience = retry({ immediate: 1, delayed: ["100ms", "300ms", "500ms"] });

export function errand(act: Act): Saga<typeof opened> {
  return saga(
    sagaName,
    // An early answer is kept for longer than a storm of faults can hold up who will wait for it.
    { startedBy: opened, key: ({ data }) => data.name, events: [answered], patience: "5m" },
    async (run, start) => {
      const { name } = start.data;
      const { timeoutMs, sleepMs, besideMs, failures, ending } = planOf(name);
      const step = (own: Step, fails = 0): Promise<string> =>
        run.step(own, (context) => act({ saga: name, step: own, failures: fails }, context), {
          retry: patience,
          compensate: (context) => act({ saga: name, step: undoingOf(own), failures: 0 }, context),
        });
      const first = await step("first");
      const answer = await run.waitFor(answered, { where: { data: { name } }, timeout: timeoutMs });
      await run.sleep(sleepMs);
      const [left, right] = await run.all([step("left"), step("right"), run.sleep(besideMs)]);
      const stubborn = await step("stubborn", failures);
      if (ending === "compensated") throw new CompensateError("as planned");
      if (ending === "failed") return run.fail("as planned");
      const value: Value = { answered: answer !== undefined, marks: { first, left, right, stubborn } };
      await run.publish(closed, { name, value });
      return value;
    },
  );
}
