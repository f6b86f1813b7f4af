import type { Subscription } from "@meshwright/core/adapter";
import { delegate, type Sin } from "./sin.js";

export const b02: Sin = {
  sin: "subscribe resolves before the group exists",
  caughtBy: { "B2/live-once-subscribed": /receives 1 more/ },
  commit(broker, { clock }) {
    return {
      ...delegate(broker),
      async subscribe(request) {
        const real = new Promise<Subscription>((resolve, reject) => {
          clock.after(20, () => broker.subscribe(request).then(resolve, reject));
        });
        const batches = real.then((inner) => inner[Symbol.asyncIterator]());
        batches.catch(() => undefined);
        return {
          settle: async (settlements) => (await real).settle(settlements),
          close: async () => (await real).close(),
          [Symbol.asyncIterator]: () => ({ next: async () => (await batches).next() }),
        };
      },
    };
  },
};

let groups = 0;

export const b02Forgetful: Sin = {
  sin: "a group is forgotten when its last member leaves",
  caughtBy: { "B2/absent-members": /receives 10 more/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) => broker.subscribe({ ...request, group: `${request.group}-${groups++}` }),
  }),
};

export const b02Shared: Sin = {
  sin: "all groups of a channel are one",
  caughtBy: { "B2/every-group": /the group receives all/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) => broker.subscribe({ ...request, group: "the-one" }),
  }),
};

export const b02Latest: Sin = {
  sin: "every new group starts at the latest",
  caughtBy: {
    "B2/earliest": /receives 30 more/,
    "start/time": /deep-equal/,
    "start/offset": /deep-equal/,
  },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) => broker.subscribe({ ...request, from: "latest" }),
  }),
};
