import { delegate, type Sin, twistOne } from "./sin.js";

export const b11: Sin = {
  sin: "close ends the iteration and leaves what is held to its lease",
  caughtBy: {
    "B11/subscription-close": /receives 20 more/,
    "B11/waiting-member": /receives 5 more/,
    "B5/release-keeps-order": /receives 5 more/,
  },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      let end: (step: IteratorReturnResult<undefined>) => void = () => undefined;
      const ended = new Promise<IteratorReturnResult<undefined>>((resolve) => {
        end = resolve;
      });
      return twistOne(inner, {
        next: (batches) => Promise.race([ended, batches.next()]),
        close: async () => end({ done: true, value: undefined }),
      });
    },
  }),
};

export const b11Endless: Sin = {
  sin: "a member that waits goes on waiting after close",
  caughtBy: { "B11/iteration-ends": /the iteration ends/, "B15/iterables": /every iteration ends/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: async (request) =>
      twistOne(await broker.subscribe(request), {
        async next(batches) {
          const step = await batches.next();
          return step.done === true ? new Promise(() => undefined) : step;
        },
      }),
  }),
};
