import { delegate, type Sin, twistOne } from "./sin.js";

export const b06: Sin = {
  sin: "a delayed retry is a timer in the process that asked for it",
  caughtBy: { "B6/asker-leaves": /deep-equal/, "B6/asker-dies": /deep-equal/ },
  commit(broker, { clock }) {
    let dead = false;
    return {
      ...delegate(broker),
      async subscribe(request) {
        const inner = await broker.subscribe(request);
        return twistOne(inner, {
          async settle(settlements) {
            for (const one of settlements) {
              if (one.outcome !== "retry" || one.delayMs === 0) await inner.settle([one]);
              else
                clock.after(one.delayMs, () => {
                  if (!dead) inner.settle([{ ...one, delayMs: 0 }]).catch(() => undefined);
                });
            }
          },
        });
      },
      crash() {
        dead = true;
        broker.crash();
      },
    };
  },
};

export const b06Hasty: Sin = {
  sin: "a retry comes at once, whatever its delay",
  caughtBy: { "B6/not-before-its-time": /it came after/ },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      return twistOne(inner, {
        settle: (settlements) =>
          inner.settle(settlements.map((one) => (one.outcome === "retry" ? { ...one, delayMs: 0 } : one))),
      });
    },
  }),
};
