/**
 * The judge: holds what came of the committed rows against what should have. It is a function of what was read after a run, and
 * knows nothing of databases and brokers.
 */
import { echoed, echoOf, groups, hearing, nameOf, written } from "../events.js";
import { type Commits, judgeCommits } from "./commits.js";
import type { StoreEvidence } from "./evidence.js";
import { type Expected, judgeStage, type StageVerdict } from "./stage.js";

export interface StoreVerdict {
  readonly commits: Commits;
  readonly stages: readonly StageVerdict[];
}

export function judgeStore(evidence: StoreEvidence): StoreVerdict {
  const { stored, effects } = evidence;
  const events = eventsOf(evidence);
  const echoes = groups.flatMap((group) =>
    events.map(({ name, key }): Expected => ({ name: echoOf(group, name), key: echoOf(group, key) })),
  );
  const onBroker = (name: string, type: string, expected: readonly Expected[]): StageVerdict =>
    judgeStage({ name, expected, seen: stored.filter((one) => one.type === type), repeats: true });
  const handledBy = (of: string, expected: readonly Expected[]): StageVerdict =>
    judgeStage({
      name: `effects of ${of}`,
      expected,
      seen: effects.filter(({ group }) => group === of),
      repeats: false,
    });
  return {
    commits: judgeCommits(evidence),
    stages: [
      onBroker("events on the broker", written, events),
      ...groups.map((group) => handledBy(group, events)),
      onBroker("echoes on the broker", echoed, echoes),
      handledBy(hearing, echoes),
    ],
  };
}

/** The events of the committed rows, in order within each key. */
function eventsOf({ rows }: StoreEvidence): Expected[] {
  return [...rows]
    .sort((one, other) => one.number - other.number)
    .flatMap(({ name, key, ids }) => ids.map((id, at) => ({ name: nameOf(name, at), key, id })));
}
