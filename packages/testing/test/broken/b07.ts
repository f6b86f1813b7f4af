import { type Sin, twisted } from "./sin.js";

export const b07: Sin = {
  sin: "attempts are counted in the client",
  caughtBy: { "B7/retries-count": /strictly equal/i, "B7/crash-loop": /strictly equal/i },
  commit(broker) {
    const counts = new Map<string, number>();
    return twisted(broker, () => ({
      async next(batches) {
        const step = await batches.next();
        if (step.done === true) return step;
        for (const delivery of step.value) {
          const attempt = (counts.get(delivery.offset) ?? 0) + 1;
          counts.set(delivery.offset, attempt);
          Object.defineProperty(delivery, "attempt", { value: attempt });
        }
        return step;
      },
    }));
  },
};

export const b07Release: Sin = {
  sin: "a release counts as an attempt",
  caughtBy: { "B7/release-does-not-count": /strictly equal/i },
  commit: (broker) =>
    twisted(broker, () => ({
      settle: (settlements, inner) =>
        inner.settle(
          settlements.map((one) =>
            one.outcome === "release"
              ? {
                  delivery: one.delivery,
                  outcome: "retry",
                  delayMs: 0,
                  failure: { reason: "failed", code: "RELEASED", message: "released" },
                }
              : one,
          ),
        ),
    })),
};

export const b07Forgetful: Sin = {
  sin: "what the last retry said is forgotten",
  caughtBy: { "B7/retries-count": /deep-equal/, "B6/asker-leaves": /deep-equal/ },
  commit: (broker) =>
    twisted(broker, () => ({
      async next(batches) {
        const step = await batches.next();
        if (step.done !== true)
          for (const delivery of step.value)
            Object.defineProperty(delivery, "lastFailure", { value: undefined });
        return step;
      },
    })),
};
