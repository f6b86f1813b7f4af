import { delegate, type Sin } from "./sin.js";

export const b12: Sin = {
  sin: "prefetch is ignored",
  caughtBy: { "B12/prefetch": /receives \d+ more/, "B12/room-comes-back": /the member is full/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) => broker.subscribe({ ...request, prefetch: 1_000 }),
  }),
};

export const b12Eager: Sin = {
  sin: "the adapter fetches before it is asked",
  caughtBy: { "B12/nothing-unasked": /receives \d+ more/ },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      const batches = inner[Symbol.asyncIterator]();
      let fetched: ReturnType<typeof batches.next> | undefined = batches.next();
      const next = (): ReturnType<typeof batches.next> => {
        const step = fetched ?? batches.next();
        fetched = undefined;
        return step;
      };
      return {
        settle: (settlements) => inner.settle(settlements),
        close: () => inner.close(),
        [Symbol.asyncIterator]: () => ({ next }),
      };
    },
  }),
};
