/** Exported journals against the code of today. */
import { MeshError, type Saga, type SagaHistory } from "@meshwright/core";
import { replayJournal } from "@meshwright/core/adapter";
import { versionsOf } from "./versions.js";

/**
 * Runs a saga's code over journals that were recorded, as a process would that takes these instances over: no step is done, nothing
 * is published. Do it before new code goes out, with what `mesh.sagas.get` gives for instances that run.
 *
 * @param saga - as it is today, or all its versions: each history is for its own
 * @param histories - one after the other; the first that does not fit ends it
 * @throws JournalMismatchError naming the instance, where the code does something else than its journal says it did
 * @throws MeshError `SAGA_VERSION_MISSING` for a history of a version that is not given, `SAGA_HISTORY_FOREIGN` for one of
 *   another saga, `SAGA_ASTRAY`
 * @example
 * const histories = JSON.parse(readFileSync("test/rollouts-of-monday.json", "utf8"));
 * await replaySaga(rollout, histories);
 */
export async function replaySaga(
  saga: Saga | readonly Saga[],
  histories: readonly SagaHistory[],
): Promise<void> {
  const versions = versionsOf(saga);
  for (const history of histories) await replayJournal(codeOf(versions, history), history);
}

function codeOf(versions: readonly Saga[], history: SagaHistory): Saga {
  const name = versions[0]?.name;
  if (history.saga !== name)
    throw new MeshError(
      "SAGA_HISTORY_FOREIGN",
      `The history of "${history.key}" is of saga "${history.saga}". Replay it with that one, not with "${name}".`,
    );
  const found = versions.find(({ version }) => version === history.version);
  if (found !== undefined) return found;
  throw new MeshError(
    "SAGA_VERSION_MISSING",
    `The history of "${history.key}" is of version ${history.version} of saga "${name}". Give replaySaga that version too.`,
  );
}
