import { delegate, type Sin, twisted, twistOne } from "./sin.js";

export const b04: Sin = {
  sin: "what a dead member held stays with it for ever",
  caughtBy: { "B4/redelivered": /receives 10 more/, "B7/crash-loop": /receives 1 more/ },
  commit: (broker) => ({ ...delegate(broker), crash: () => undefined }),
};

export const b04AckFirst: Sin = {
  sin: "a message is acknowledged when it is handed out",
  caughtBy: { "B4/redelivered": /receives 10 more/, "B11/subscription-close": /receives 20 more/ },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      return twistOne(inner, {
        settle: () => Promise.resolve(),
        async next(batches) {
          const step = await batches.next();
          if (step.done !== true)
            await inner.settle(step.value.map((delivery) => ({ delivery, outcome: "ack" })));
          return step;
        },
      });
    },
  }),
};

export const b04Uncounted: Sin = {
  sin: "a redelivery after a death looks like the first delivery",
  caughtBy: { "B4/redelivered": /deep-equal/, "B7/retries-count": /1 !== 2/ },
  commit: (broker) =>
    twisted(broker, () => ({
      async next(batches) {
        const step = await batches.next();
        if (step.done !== true)
          for (const delivery of step.value) Object.defineProperty(delivery, "attempt", { value: 1 });
        return step;
      },
    })),
};
