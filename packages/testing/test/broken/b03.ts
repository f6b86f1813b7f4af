import type { Delivery } from "@meshwright/core/adapter";
import { delegate, type Sin, twistOne } from "./sin.js";

export const b03: Sin = {
  sin: "the lease of a live member is not renewed",
  caughtBy: {
    "B3/slow-handler": /delivered again|delivered elsewhere/,
    "B3/busy-and-slow": /strictly equal|another member/,
  },
  commit: (broker, { clock, leaseMs }) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      const settled = new Set<Delivery>();
      const expire = (delivery: Delivery): void => {
        if (!settled.has(delivery)) inner.settle([{ delivery, outcome: "release" }]).catch(() => undefined);
      };
      return twistOne(inner, {
        async next(batches) {
          const step = await batches.next();
          for (const delivery of step.done === true ? [] : step.value)
            clock.after(leaseMs, () => expire(delivery));
          return step;
        },
        settle(settlements) {
          for (const { delivery } of settlements) settled.add(delivery);
          return inner.settle(settlements);
        },
      });
    },
  }),
};
