/** What an activation costs against the number of instances that wait for an event of the same type. */
import { compareWakes } from "./wakes.js";

const few = 100;
/** 100,000 take minutes to prepare. */
const crowd = 10_000;
const times = 50;
const rounds = 5;

export function byWaiting(createDatabase: () => Promise<string>): Promise<void> {
  return compareWakes(
    {
      title: "PostgreSQL: waking one of many waiting sagas, one at a time",
      kinds: [few, crowd].map((waiting) => ({
        name: `${waiting.toLocaleString("en")} waiting`,
        steps: 0,
        waiting,
      })),
      times,
      rounds,
      note: `Ratio: of microseconds, so less is better. ${times} wakes a round, and then as many new ones: from publishing the event
to a broker in memory to handling what the saga publishes then, by way of the outbox. CPU: microseconds per wake.`,
    },
    createDatabase,
  );
}
