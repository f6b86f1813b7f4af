import type { Delivery } from "@meshwright/core/adapter";
import { delegate, type Sin, twisted, twistOne } from "./sin.js";

export const b05: Sin = {
  sin: "key order is promised, and every group is handled without order",
  caughtBy: {
    "B5/held-key-is-closed": /deep-equal|strictly equal/i,
    "B5/retry-holds-its-key": /deep-equal/,
    "B5/random-retries": /broke off/,
    "B5/random-crashes": /broke off/,
  },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) => broker.subscribe({ ...request, ordering: "none" }),
  }),
};

export const b05Buffered: Sin = {
  sin: "later messages of a key that are buffered in the client are yielded after its retry",
  caughtBy: { "B5/nothing-after-retry": /yielded between/, "B5/busy-members": /came before/ },
  commit: (broker) =>
    twisted(broker, () => {
      const buffer: Delivery[] = [];
      return {
        async next(batches) {
          if (buffer.length === 0) {
            const step = await batches.next();
            if (step.done === true) return step;
            buffer.push(...step.value);
          }
          return { done: false, value: buffer.splice(0, 1) };
        },
      };
    }),
};

export const b05Blocked: Sin = {
  sin: "while a retry waits for its delay, everything waits",
  caughtBy: { "B5/others-go-on": /receives 1 more/, "B6/each-its-own-delay": /receives 1 more/ },
  commit: (broker, { clock }) =>
    twisted(broker, () => {
      let until = 0;
      return {
        async next(batches) {
          const step = await batches.next();
          const wait = until - clock.now();
          if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
          return step;
        },
        settle(settlements, inner) {
          for (const one of settlements)
            if (one.outcome === "retry") until = Math.max(until, clock.now() + one.delayMs);
          return inner.settle(settlements);
        },
      };
    }),
};

export const b05Overtaking: Sin = {
  sin: "a retried message goes to the end of its key",
  caughtBy: {
    "B5/retry-holds-its-key": /deep-equal|receives 3 more/,
    "B5/delayed-retry-in-order": /strictly equal/i,
  },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const inner = await broker.subscribe(request);
      return twistOne(inner, {
        async settle(settlements) {
          for (const { delivery, outcome } of settlements)
            if (outcome === "retry") await broker.publish(request.channel, [delivery.message]);
          await inner.settle(
            settlements.map((one) => (one.outcome === "retry" ? { ...one, outcome: "ack" } : one)),
          );
        },
      });
    },
  }),
};
