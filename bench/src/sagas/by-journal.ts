/** What an activation costs against the length of the journal: the function runs again over all of it. */
import { compareWakes } from "./wakes.js";

const lengths = [10, 100, 1_000] as const;
const times = 10;
const rounds = 3;

export function byJournal(createDatabase: () => Promise<string>): Promise<void> {
  return compareWakes(
    {
      title: "PostgreSQL: waking a saga against the length of its journal, one at a time",
      kinds: lengths.map((steps) => ({
        name: `${steps.toLocaleString("en")} steps in the journal`,
        steps,
        waiting: times,
      })),
      times,
      rounds,
      note: `Ratio: of microseconds, so less is better. ${times} wakes a round, each of another instance, which waits, so that nothing
of it is in memory: from publishing the event to a broker in memory to handling what the saga publishes then, by way of the
outbox. CPU: microseconds per wake.`,
    },
    createDatabase,
  );
}
