import { type Evidence, isDone, type Violation } from "./evidence.js";

/** Every confirmed event was handled; what was given up is on the shelf, and nothing else is. */
export function findLost({ confirmed, attempts, shelf }: Evidence): Violation[] {
  const done = new Set(attempts.filter(isDone).map(({ id }) => id));
  const givenUp = new Set(attempts.filter(({ outcome }) => outcome === "terminal").map(({ id }) => id));
  const shelved = new Set(shelf);
  return [
    ...confirmed
      .filter(({ id }) => !done.has(id))
      .map(({ id }): Violation => ({ promise: "lost", what: `confirmed and never handled: ${id}` })),
    ...[...givenUp]
      .filter((id) => !shelved.has(id))
      .map((id): Violation => ({ promise: "lost", what: `given up and not on the shelf: ${id}` })),
    ...[...shelved]
      .filter((id) => !givenUp.has(id))
      .map(
        (id): Violation => ({ promise: "dead letter", what: `on the shelf though nobody gave it up: ${id}` }),
      ),
  ];
}
