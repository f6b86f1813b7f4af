import { type Sin, twisted } from "./sin.js";

export const b13: Sin = {
  sin: "now and then an ack is lost, and the message comes again",
  caughtBy: { "B13/several-members": /each once|deep-equal/, "B13/quiet-afterwards": /strictly equal/i },
  commit(broker) {
    let acks = 0;
    return twisted(broker, () => ({
      settle: (settlements, inner) =>
        inner.settle(
          settlements.map((one) =>
            one.outcome === "ack" && ++acks % 17 === 0 ? { delivery: one.delivery, outcome: "release" } : one,
          ),
        ),
    }));
  },
};
