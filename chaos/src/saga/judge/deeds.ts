/** What the processes have done for a saga, by their ledgers. */
import type { Faults } from "../../judge/faults.js";
import type { Ledger } from "../../ledger.js";
import type { Doing, SagaEntry } from "../ledger.js";
import { modelOf, steps, undoingOf } from "../plan.js";
import type { SagaPromise, SagaViolation } from "./evidence.js";
import { groupedBy } from "./grouped.js";

/** A step that was begun. */
export interface Deed extends Doing {
  readonly by: string;
  readonly at: number;
  /** Milliseconds since the epoch. */
  readonly clock: number;
}

export interface Deeds {
  /** In the order of beginning. */
  readonly begun: readonly Deed[];
  /** What its steps have returned. */
  readonly marks: readonly (Doing & { readonly mark: string })[];
}

export const noDeeds: Deeds = { begun: [], marks: [] };

/** By saga. */
export function deedsOf(ledgers: readonly Ledger<SagaEntry>[]): ReadonlyMap<string, Deeds> {
  const begun: Deed[] = [];
  const marks: (Doing & { readonly mark: string })[] = [];
  for (const { by, entries } of ledgers)
    for (const entry of entries) {
      if (entry.kind === "begun") begun.push({ ...entry.doing, by, at: entry.at, clock: entry.clock });
      if (entry.kind === "done" && entry.mark !== undefined) marks.push({ ...entry.doing, mark: entry.mark });
    }
  begun.sort((one, other) => one.at - other.at);
  const [bySaga, marksBySaga] = [groupedBy(begun, sagaOf), groupedBy(marks, sagaOf)];
  return new Map(
    [...bySaga].map(([saga, own]) => [saga, { begun: own, marks: marksBySaga.get(saga) ?? [] }]),
  );
}

const sagaOf = ({ saga }: Doing): string => saga;

export interface DeedsVerdict {
  /** How often a step was begun. */
  readonly begun: number;
  /** How often that was a repetition which a fault explains. */
  readonly again: number;
  readonly violations: readonly SagaViolation[];
}

export function judgeDeeds(saga: string, { begun }: Deeds, faults: Faults): DeedsVerdict {
  const { undone, attempts } = modelOf(saga);
  const violations: SagaViolation[] = [];
  const broken = (promise: SagaPromise, what: string): void => void violations.push({ promise, saga, what });
  const expected = [...steps, ...undone.map(undoingOf)];
  const byStep = groupedBy(begun, ({ step }) => step);
  let again = 0;
  for (const step of new Set([...expected, ...byStep.keys()])) {
    const own = byStep.get(step) ?? [];
    const numbers = [...new Set(own.map(({ attempt }) => attempt))].sort((one, other) => one - other);
    const most = expected.includes(step) ? attempts(step) : 0;
    const due = Array.from({ length: most }, (_, at) => at + 1);
    if (numbers.join() !== due.join())
      broken("steps", `${step}: has the attempts [${numbers.join()}], not [${due.join()}]`);
    const keys = new Set(own.map(({ key }) => key));
    if (keys.size > 1) broken("key", `${step}: has ${keys.size} keys`);
    for (const [earlier, later] of repetitions(own)) {
      if (faults.touched(earlier.by, earlier.at, later.at) || faults.touched(later.by, earlier.at, later.at))
        again++;
      else
        broken(
          "again",
          `${step}, attempt ${later.attempt}: by ${earlier.by} at ${earlier.at}, and by ${later.by} at ${later.at}`,
        );
    }
  }
  return { begun: begun.length, again, violations };
}

/** Each attempt that was begun before, with the last time that it was. */
function repetitions(deeds: readonly Deed[]): (readonly [earlier: Deed, later: Deed])[] {
  const last = new Map<number, Deed>();
  const found: (readonly [Deed, Deed])[] = [];
  for (const deed of deeds) {
    const earlier = last.get(deed.attempt);
    if (earlier !== undefined) found.push([earlier, deed]);
    last.set(deed.attempt, deed);
  }
  return found;
}

/** Idempotency keys that more than one step has, of all sagas. */
export function sharedKeys(deeds: ReadonlyMap<string, Deeds>): SagaViolation[] {
  const owners = new Map<string, Deed>();
  const found: SagaViolation[] = [];
  for (const { begun } of deeds.values())
    for (const deed of begun) {
      const owner = owners.get(deed.key) ?? deed;
      owners.set(deed.key, owner);
      if (owner.saga !== deed.saga || owner.step !== deed.step)
        found.push({
          promise: "key",
          saga: deed.saga,
          what: `${deed.step}: has the key of ${owner.saga}, ${owner.step}`,
        });
    }
  return found;
}
