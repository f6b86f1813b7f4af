import type { WireMessage } from "@meshwright/core/adapter";
import { delegate, type Sin, twisted } from "./sin.js";

function mangled(sin: string, caughtBy: Sin["caughtBy"], mangle: (message: WireMessage) => WireMessage): Sin {
  return {
    sin,
    caughtBy,
    commit: (broker) => ({
      ...delegate(broker),
      publish: (channel, messages) => broker.publish(channel, messages.map(mangle)),
    }),
  };
}

export const b16: Sin = mangled(
  "binary bodies go through a text column",
  { "B16/edges": /body|bytes/, "B16/mebibyte": /body|bytes/, "B16/delayed": /body|bytes/ },
  (message) => ({
    ...message,
    body: typeof message.body === "string" ? message.body : new TextDecoder().decode(message.body),
  }),
);

export const b16Normalised: Sin = mangled("text is normalised", { "B16/random": /differ/ }, (message) => ({
  ...message,
  body: typeof message.body === "string" ? message.body.normalize("NFC") : message.body,
  key: message.key.normalize("NFC"),
}));

export const b16Header: Sin = mangled(
  "header values are trimmed, as HTTP does",
  { "B16/edges": /headers differ/ },
  (message) => ({
    ...message,
    headers: Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, value.trim()])),
  }),
);

const kept = new Map<string, WireMessage>();

export const b16Aliased: Sin = {
  sin: "the caller's buffer is kept, not copied",
  caughtBy: { "B16/not-the-callers-buffer": /the body of/ },
  commit(broker) {
    const aliased = twisted(broker, () => ({
      async next(batches) {
        const step = await batches.next();
        for (const delivery of step.done === true ? [] : step.value)
          Object.defineProperty(delivery, "message", { value: kept.get(delivery.message.id) });
        return step;
      },
    }));
    return {
      ...aliased,
      publish(channel, messages) {
        for (const message of messages) kept.set(message.id, message);
        return broker.publish(channel, messages);
      },
    };
  },
};
