/** What happens in a run of sagas, and how often. */
import { type Strike, strikesOn, strikesOnServer } from "../../run/strikes.js";
import type { StoreName } from "../../store/settings.js";
import { type SagaRole, sagaRole } from "../settings.js";

const onWorkers = strikesOn(sagaRole);
const kills = onWorkers.filter(({ kind }) => kind === "kill");
const onPostgres = strikesOnServer("postgres");
const onRedis = strikesOnServer("redis").filter(({ kind }) => kind === "kill");

/** In bags that are emptied before they are filled again: processes are killed several times. */
const bags: Record<StoreName, readonly Strike<SagaRole>[]> = {
  postgres: [...onWorkers, ...kills, ...kills, ...onPostgres, ...onRedis],
  // There is no network to a file. Who is stopped while he holds its lock makes all others wait, and lose their leases.
  sqlite: [...onWorkers.filter(({ network }) => !network), ...kills, ...kills, ...kills, ...onRedis],
};

/** @param only - kinds, or names with whom they strike: "kill", "worker long pause"; all if not given */
export function sagaStrikes(store: StoreName, only?: readonly string[]): readonly Strike<SagaRole>[] {
  if (only === undefined) return bags[store];
  const distinct = new Map(bags[store].map((strike) => [nameOf(strike), strike]));
  return [...distinct.values()].filter(
    (strike) => only.includes(strike.kind) || only.includes(nameOf(strike)),
  );
}

const nameOf = ({ on, kind }: Strike): string => `${on} ${kind}`;
