import type { MemoryRows } from "@meshwright/core";
import type { Checkpoint } from "@meshwright/core/adapter";
import { type AnyStore, delegate, type Stage, type StoreSin, withTransactions } from "./sin.js";
import { later, like, withEnds } from "./twists.js";

export const s19: StoreSin = {
  sin: "a checkpoint stays moved, whatever becomes of the transaction",
  caughtBy: { "S19/rolled-back": /strictly equal/i, "S12/streams-cut-off": /9 !== 5/ },
  commit(store, { database }) {
    const moved = new WeakMap<MemoryRows, Checkpoint[]>();
    const ending = withEnds(store, ({ client }, how) => {
      if (how === "rolled back")
        for (const one of moved.get(client) ?? []) database.checkpoints.set(one.name, one);
    });
    return withTransactions(ending, (tx) => ({
      async move(name, position) {
        await tx.move(name, position);
        moved.set(tx.client, [...(moved.get(tx.client) ?? []), { name, position, movedAt: Date.now() }]);
      },
    }));
  },
};

export const s19Small: StoreSin = {
  sin: "positions have 32 bits",
  caughtBy: { "S19/moves": /strictly equal/i },
  commit: (store) =>
    withTransactions(store, (tx) => ({ move: (name, position) => tx.move(name, position | 0) })),
};

export const s19Lower: StoreSin = {
  sin: "capitals and blanks in a checkpoint's name do not count",
  caughtBy: { "S19/moves": /Totals|totals/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({
      hold: (name) => tx.hold(name.toLowerCase().trim()),
      move: (name, position) => tx.move(name.toLowerCase().trim(), position),
    })),
};

export const s19Begin: StoreSin = {
  sin: "a hold tells where it was when the transaction began",
  caughtBy: { "S19/moves": /held again/ },
  commit: (store, { database }) =>
    withTransactions(store, (tx) => ({
      hold: async (name) =>
        (await tx.hold(name)) === undefined ? undefined : (database.checkpoints.get(name)?.position ?? 0),
    })),
};

export const s19Anyone: StoreSin = {
  sin: "who moves it holds it",
  caughtBy: { "S19/not-held": /was taken/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({
      async move(name, position) {
        await tx.hold(name);
        await tx.move(name, position);
      },
    })),
};

export const s19Shared: StoreSin = {
  sin: "to hold a checkpoint is to read it",
  caughtBy: { "S19/one-holds": /two hold it/, "S19/holder-dies": /strictly equal/i },
  commit: (store, { holders }) =>
    withTransactions(store, (tx) => ({
      async hold(name) {
        holders.delete(name);
        return tx.hold(name);
      },
    })),
};

export const s19Waits: StoreSin = {
  sin: "a hold waits for the one who holds it",
  caughtBy: { "S19/one-holds": /transaction settles/ },
  commit: (store, { holders }) =>
    withTransactions(store, (tx) => ({
      async hold(name) {
        while (holders.has(name) && holders.get(name) !== tx.client) await later();
        return tx.hold(name);
      },
    })),
};

/** By stage: who holds a checkpoint, as a sinner sees it. */
const held = new WeakMap<Stage, Map<string, MemoryRows>>();

function heldOn(stage: Stage): Map<string, MemoryRows> {
  const own = held.get(stage) ?? new Map<string, MemoryRows>();
  held.set(stage, own);
  return own;
}

/** Holds end when the sinner says so. */
function withHolds(
  store: AnyStore,
  stage: Stage,
  isLetGo: (how: "committed" | "rolled back") => boolean,
): AnyStore {
  const holders = heldOn(stage);
  const ending = withEnds(store, ({ client }, how) => {
    for (const [name, holder] of holders) if (holder === client && isLetGo(how)) holders.delete(name);
  });
  return withTransactions(ending, (tx) => ({
    async hold(name) {
      const holder = holders.get(name) ?? tx.client;
      if (holder !== tx.client) return undefined;
      holders.set(name, tx.client);
      return tx.hold(name);
    },
  }));
}

export const s19Keeps: StoreSin = {
  sin: "a hold ends with the commit, and with no rollback",
  caughtBy: { "S19/one-holds": /held by nobody/ },
  commit: (store, stage) => withHolds(store, stage, (how) => how === "committed"),
};

export const s19Process: StoreSin = {
  sin: "a hold is the process's, and stays when the connection dies",
  caughtBy: { "S19/holder-dies": /held by nobody/ },
  commit: (store, stage) => withHolds(store, stage, () => true),
};

export const s19Seconds: StoreSin = {
  sin: "the time of a checkpoint is in seconds",
  caughtBy: { "S19/checkpoints": /was moved at/ },
  commit: (store) => ({
    ...delegate(store),
    checkpoints: async (prefix) =>
      (await store.checkpoints(prefix)).map((one) => ({ ...one, movedAt: Math.round(one.movedAt / 1_000) })),
  }),
};

export const s19Units: StoreSin = {
  sin: "checkpoints are in the order of UTF-16",
  caughtBy: { "S19/checkpoints": /deep-equal/ },
  commit: (store) => ({
    ...delegate(store),
    checkpoints: async (prefix) =>
      [...(await store.checkpoints(prefix))].sort((one, other) => (one.name < other.name ? -1 : 1)),
  }),
};

export const s19Wild: StoreSin = {
  sin: "the prefix of checkpoints is a pattern of LIKE",
  caughtBy: { "S19/checkpoints": /deep-equal/ },
  commit: (store) => ({
    ...delegate(store),
    checkpoints: async (prefix) =>
      (await store.checkpoints("")).filter(({ name }) => like(prefix).test(name)),
  }),
};

export const s19Touches: StoreSin = {
  sin: "a hold is a move to where it is",
  caughtBy: { "S19/held-only": /deep-equal/ },
  commit: (store) =>
    withTransactions(store, (tx) => ({
      async hold(name) {
        const position = await tx.hold(name);
        if (position !== undefined) await tx.move(name, position);
        return position;
      },
    })),
};
