import { delegate, type Sin } from "./sin.js";

export const b01: Sin = {
  sin: "publish resolves at once and stores a moment later",
  caughtBy: { "B1/survives-its-publisher": /receives 50 more/ },
  commit(broker, { clock }) {
    let dead = false;
    const store: typeof broker.publish = async (channel, messages) => {
      clock.after(15, () => {
        if (!dead) broker.publish(channel, messages).catch(() => undefined);
      });
    };
    const crash = (): void => {
      dead = true;
      broker.crash();
    };
    return { ...delegate(broker), publish: store, crash };
  },
};

export const b01AfterClose: Sin = {
  sin: "publish resolves when it failed",
  caughtBy: { "B1/not-open": /was taken/, "B1/restart-mid-publish": /every confirmed message/ },
  commit: (broker) => ({
    ...delegate(broker),
    capabilities: { ...broker.capabilities, durable: true },
    publish: (channel, messages) => broker.publish(channel, messages).catch(() => undefined),
  }),
};

export const b01Torn: Sin = {
  sin: "it says that batches are atomic, and stores them in two halves",
  caughtBy: { "B1/atomic-batch": /of a batch of 25 were stored/ },
  commit(broker, { clock }) {
    let dead = false;
    return {
      ...delegate(broker),
      capabilities: { ...broker.capabilities, atomicBatch: true },
      async publish(channel, messages) {
        const half = Math.ceil(messages.length / 2);
        await broker.publish(channel, messages.slice(0, half));
        await new Promise<void>((resolve) => clock.after(Math.random() * 20, resolve));
        if (!dead) await broker.publish(channel, messages.slice(half));
      },
      crash() {
        dead = true;
        broker.crash();
      },
    };
  },
};
