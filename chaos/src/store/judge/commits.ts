import { looked, onPurpose } from "../ledger.js";
import type { StoreEvidence, StoreViolation } from "./evidence.js";

/** How transactions ended, as their writers know. */
export interface Commits {
  readonly committed: number;
  /** How many commits were not answered, and then found to have been done. */
  readonly foundDone: number;
  readonly rolledBackOnPurpose: number;
  /** By what went wrong, or by a look where a commit was not answered. */
  readonly rolledBack: ReadonlyMap<string, number>;
  readonly violations: readonly StoreViolation[];
}

/** What a writer was told, or found out, is what is there: also after the database was killed. */
export function judgeCommits({ ended, rows }: Pick<StoreEvidence, "ended" | "rows">): Commits {
  const there = new Set(rows.map(({ name }) => name));
  const rolledBack = new Map<string, number>();
  for (const { committed, why } of ended)
    if (!committed && why !== onPurpose) rolledBack.set(why, (rolledBack.get(why) ?? 0) + 1);
  return {
    committed: ended.filter(({ committed }) => committed).length,
    foundDone: ended.filter(({ committed, why }) => committed && why === looked).length,
    rolledBackOnPurpose: ended.filter(({ committed, why }) => !committed && why === onPurpose).length,
    rolledBack,
    violations: ended.flatMap(({ rows: names, committed, why }) =>
      names
        .filter((name) => there.has(name) !== committed)
        .map((name): StoreViolation => {
          const what = committed ? "committed and not there" : "rolled back and there";
          return { promise: "commit", what: `${what} (${why}): ${name}` };
        }),
    ),
  };
}
