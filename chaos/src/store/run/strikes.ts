/** What happens in a run on a store, and how often. */
import { type Strike, strikesOn, strikesOnServer } from "../../run/strikes.js";
import { type StoreName, type StoreRole, storeRoles } from "../settings.js";

const isKill = ({ kind }: Strike): boolean => kind === "kill";

/** In a bag that is emptied before it is filled again: kills several times, those of the broker once. */
const onServers: readonly Strike<StoreRole>[] = [
  ...storeRoles.flatMap((role) => [...strikesOn(role), ...strikesOn(role).filter(isKill)]),
  ...strikesOnServer("postgres"),
  ...strikesOnServer("postgres").filter(isKill),
  ...strikesOnServer("postgres").filter(isKill),
  ...strikesOnServer("redis").filter(isKill),
];

/** A process that is stopped while it holds the lock of a file makes all others wait: there they are killed alone. */
const onFile: readonly Strike<StoreRole>[] = storeRoles.flatMap((role) => strikesOn(role).filter(isKill));

const bags: Record<StoreName, readonly Strike<StoreRole>[]> = { postgres: onServers, sqlite: onFile };

/** @param only - kinds, or names with whom they strike: "kill", "relay long pause"; all if not given */
export function storeStrikes(store: StoreName, only?: readonly string[]): readonly Strike<StoreRole>[] {
  if (only === undefined) return bags[store];
  const distinct = new Map(bags[store].map((strike) => [nameOf(strike), strike]));
  return [...distinct.values()].filter(
    (strike) => only.includes(strike.kind) || only.includes(nameOf(strike)),
  );
}

const nameOf = ({ on, kind }: Strike): string => `${on} ${kind}`;
