import type { BrokerCapabilities } from "@meshwright/core/adapter";
import { delegate, type Sin, twistOne } from "./sin.js";

const nothing: Partial<BrokerCapabilities> = {
  keyOrder: false,
  delayedRetry: false,
  delayedPublish: false,
  typeFilter: false,
  startPositions: [],
  maxBodyBytes: 100_000,
};

export const silent: Sin = {
  sin: "what the manifest rules out is taken all the same",
  caughtBy: {
    "B5/refused": /was taken/,
    "B6/refused": /was taken/,
    "delay/refused": /was taken/,
    "types/refused": /was taken/,
    "start/latest-refused": /was taken/,
    "start/earliest-refused": /was taken/,
    "start/time-refused": /was taken/,
    "start/offset-refused": /was taken/,
    "B1/body-limit": /was taken/,
  },
  commit: (broker) => ({ ...delegate(broker), capabilities: { ...broker.capabilities, ...nothing } }),
};

export const plainErrors: Sin = {
  sin: "refusals are errors of the driver, without a code",
  caughtBy: { "B18/kept": /was refused with Error/, "start/bad-offset": /was refused with Error/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) =>
      broker.subscribe(request).catch((cause: unknown) => {
        throw new Error("ERR wrong", { cause });
      }),
  }),
};

export const boastful: Sin = {
  sin: "the manifest names abilities that the broker does not have, and leaves a fact out",
  caughtBy: {
    "manifest/abilities": /history/,
    "manifest/complete": /deep-equal/,
    "manifest/as-expected": /capabilities.durable/,
  },
  commit(broker) {
    const { history: _, ...poor } = delegate(broker);
    const { typeFilter: __, ...facts } = broker.capabilities;
    return { ...poor, capabilities: facts } as never;
  },
  options: () => ({ capabilities: { durable: true } }),
};

export const early: Sin = {
  sin: "deliverAt is ignored",
  caughtBy: {
    "delay/not-before-its-time": /strictly equal/i,
    "delay/order-of-due-times": /deep-equal/,
    "delay/every-group": /receives 1 more/,
  },
  commit: (broker) => ({
    ...delegate(broker),
    publish: (channel, messages) =>
      broker.publish(
        channel,
        messages.map(({ deliverAt: _, ...message }) => message),
      ),
  }),
};

export const regular: Sin = {
  sin: "type patterns are taken for regular expressions",
  caughtBy: { "types/patterns": /pattern/ },
  commit: (broker) => ({
    ...delegate(broker),
    async subscribe(request) {
      const { types, ...rest } = request;
      const inner = await broker.subscribe(rest);
      const patterns = types?.map((type) => new RegExp(`^${type.replaceAll("*", ".*")}$`));
      return twistOne(inner, {
        async next(batches) {
          const step = await batches.next();
          if (step.done === true || patterns === undefined) return step;
          const other = step.value.filter(
            (one) => !patterns.some((pattern) => pattern.test(one.message.type)),
          );
          await inner.settle(other.map((delivery) => ({ delivery, outcome: "ack" })));
          return { done: false, value: step.value.filter((one) => !other.includes(one)) };
        },
      });
    },
  }),
};

export const sloppyHistory: Sin = {
  sin: "history takes bounds for hints",
  caughtBy: { "history/bounds": /deep-equal/ },
  commit: (broker) => ({
    ...delegate(broker),
    history: ({ channel, from }) => broker.history({ channel, from }),
  }),
};

export const endlessHistory: Sin = {
  sin: "history goes on as long as there is something new",
  caughtBy: { "history/ends-at-the-call": /settles|later messages were shown/ },
  commit: (broker) => ({
    ...delegate(broker),
    async *history(request) {
      let last: string | undefined;
      for (let found = true; found; ) {
        found = false;
        const from = last === undefined ? request.from : { offset: last };
        for await (const batch of broker.history({ ...request, from })) {
          const fresh = batch.filter((entry) => entry.offset !== last);
          last = fresh.at(-1)?.offset ?? last;
          found ||= fresh.length > 0;
          if (fresh.length > 0) yield fresh;
        }
      }
    },
  }),
};

export const readingGroup: Sin = {
  sin: "history settles what it shows, for the channel's first group",
  caughtBy: { "history/touches-no-group": /receives 10 more/ },
  commit: (broker) => ({
    ...delegate(broker),
    async *history(request) {
      const member = await broker.subscribe({
        channel: request.channel,
        group: "keeper",
        ordering: "key",
        from: "latest",
        prefetch: 100,
      });
      const step = await member[Symbol.asyncIterator]().next();
      if (step.done !== true)
        await member.settle(step.value.map((delivery) => ({ delivery, outcome: "ack" })));
      await member.close();
      yield* broker.history(request);
    },
  }),
};

export const blind: Sin = {
  sin: "inspection shows what is in flight only",
  caughtBy: { "inspect/numbers": /last report/, "inspect/absent-groups": /last report/ },
  commit: (broker) => ({
    ...delegate(broker),
    async inspect() {
      const reports = await broker.inspect();
      return reports
        .filter((report) => report.inFlight > 0)
        .map((report) => ({ ...report, lag: 0, delayed: 0, deadLetters: 0, oldestUnsettledAt: undefined }));
    },
  }),
};
