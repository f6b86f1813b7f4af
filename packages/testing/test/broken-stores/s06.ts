import type { Claim } from "@meshwright/core/adapter";
import { type Stage, type StoreSin, withTransactions } from "./sin.js";

export const s06: StoreSin = {
  sin: "an id counts for all groups",
  caughtBy: { "S6/once": /strictly equal|audit/i },
  commit: (store) =>
    withTransactions(store, (tx) => ({ claim: (claim) => tx.claim({ ...claim, group: "" }) })),
};

export const s06Joined: StoreSin = {
  sin: "source and id are joined without a sign between them",
  caughtBy: { "S6/once": /shop1/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({
      claim: ({ group, source, id }) => tx.claim({ group, source: "", id: source + id }),
    })),
};

export const s06Early: StoreSin = {
  sin: "claims are committed when they are made",
  caughtBy: { "S6/rolled-back": /strictly equal/i, "S1/nothing-of-it": /strictly equal/i },
  commit: (store, { database }) =>
    withTransactions(store, () => ({
      async claim(claim) {
        const name = nameOf(claim);
        if (database.claims.has(name)) return false;
        database.claims.set(name, 0);
        return true;
      },
    })),
};

const committed = new WeakMap<Stage, Set<string>>();

export const s06Looks: StoreSin = {
  sin: "it looks whether there is a claim, and writes one later",
  caughtBy: { "S6/at-the-same-time": /strictly equal/i },
  commit(store, stage) {
    const claims = committed.get(stage) ?? new Set<string>();
    committed.set(stage, claims);
    return withTransactions(store, () => ({
      async claim(claim) {
        const name = nameOf(claim);
        if (claims.has(name)) return false;
        await new Promise((resolve) => setImmediate(resolve));
        claims.add(name);
        return true;
      },
    }));
  },
};

function nameOf({ group, source, id }: Claim): string {
  return JSON.stringify([group, source, id]);
}
