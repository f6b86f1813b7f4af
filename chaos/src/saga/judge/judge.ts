/**
 * The judge: holds what came of sagas against what their plans say, however they were disturbed. It is a function of what was read
 * after a run, and knows nothing of databases and brokers.
 */
import type { SagaHistory } from "@meshwright/core";
import { faultsOf } from "../../judge/faults.js";
import { type Ending, endings, modelOf } from "../plan.js";
import { type Deeds, deedsOf, judgeDeeds, noDeeds, sharedKeys } from "./deeds.js";
import { judgeEnd, judgeTold } from "./ends.js";
import type { SagaEvidence, SagaViolation, Told } from "./evidence.js";
import { groupedBy } from "./grouped.js";
import { judgeJournal } from "./journal.js";

/** Of all sagas that have to end so. */
export interface EndingVerdict {
  readonly ending: Ending;
  readonly started: number;
  /** How many have ended as they must. */
  readonly ended: number;
  /** How many have had their answer. */
  readonly answered: number;
  /** How often their steps were begun, and how often again, which a fault explains. */
  readonly begun: number;
  readonly again: number;
  /** How many timers and timeouts have fired. */
  readonly fired: number;
  /** How many have told of their end, and how often the broker was told again, with the same id. */
  readonly told: number;
  readonly toldAgain: number;
  readonly violations: readonly SagaViolation[];
}

export interface SagaVerdict {
  readonly endings: readonly EndingVerdict[];
}

/** What is known of one saga. */
interface Case {
  readonly name: string;
  readonly instance: SagaHistory | undefined;
  readonly deeds: Deeds;
  readonly told: readonly Told[];
}

export function judgeSagas(evidence: SagaEvidence): SagaVerdict {
  const { names, instances, told, ledgers, leaseMs } = evidence;
  const deeds = deedsOf(ledgers);
  const faults = faultsOf([...evidence.faults, ...stallsOf(evidence)], leaseMs);
  const byKey = new Map(instances.map((instance) => [instance.key, instance]));
  const toldBy = groupedBy(told, ({ name }) => name);
  const started = new Set(names);
  const foreign = [...new Set([...byKey.keys(), ...deeds.keys(), ...toldBy.keys()])]
    .filter((name) => !started.has(name))
    .map((saga): SagaViolation => ({ promise: "end", saga, what: "was never started" }));
  const everywhere = [...foreign, ...sharedKeys(deeds)];
  const judged = names.map((name) => {
    const own = { name, instance: byKey.get(name), deeds: deeds.get(name) ?? noDeeds };
    return judgeCase({ ...own, told: toldBy.get(name) ?? [] }, faults);
  });
  return { endings: endings.map((ending) => ofEnding(ending, judged, everywhere)) };
}

type CaseVerdict = Omit<EndingVerdict, "ending" | "started"> & { readonly name: string };

function judgeCase({ name, instance, deeds, told }: Case, faults: ReturnType<typeof faultsOf>): CaseVerdict {
  const wrong = judgeEnd(name, instance);
  const done = judgeDeeds(name, deeds, faults);
  const ids = new Set(told.map(({ id }) => id));
  const counts = {
    name,
    begun: done.begun,
    again: done.again,
    told: Math.min(ids.size, 1),
    toldAgain: told.length - ids.size,
  };
  // What has not ended as it must says enough by that.
  if (instance === undefined || instance.state !== modelOf(name).state)
    return { ...counts, ended: 0, answered: 0, fired: 0, violations: wrong };
  const journal = judgeJournal(instance, deeds);
  return {
    ...counts,
    ended: wrong.length === 0 ? 1 : 0,
    answered: instance.journal.some(({ kind }) => kind === "event") ? 1 : 0,
    fired: journal.fired,
    violations: [...wrong, ...done.violations, ...journal.violations, ...judgeTold(instance, told)],
  };
}

function ofEnding(
  ending: Ending,
  judged: readonly CaseVerdict[],
  everywhere: readonly SagaViolation[],
): EndingVerdict {
  const own = judged.filter(({ name }) => modelOf(name).state === ending);
  const sum = (count: (verdict: CaseVerdict) => number): number =>
    own.reduce((total, verdict) => total + count(verdict), 0);
  return {
    ending,
    started: own.length,
    ended: sum(({ ended }) => ended),
    answered: sum(({ answered }) => answered),
    begun: sum(({ begun }) => begun),
    again: sum(({ again }) => again),
    fired: sum(({ fired }) => fired),
    told: sum(({ told }) => told),
    toldAgain: sum(({ toldAgain }) => toldAgain),
    violations: [
      ...own.flatMap(({ violations }) => violations),
      ...everywhere.filter(({ saga }) => modelOf(saga).state === ending),
    ],
  };
}

function stallsOf({ ledgers }: SagaEvidence): { kind: string; target: string; from: number; to: number }[] {
  return ledgers.flatMap(({ by, entries }) =>
    entries.flatMap((entry) =>
      entry.kind === "stalled" ? [{ kind: "stall", target: by, from: entry.from, to: entry.at }] : [],
    ),
  );
}
