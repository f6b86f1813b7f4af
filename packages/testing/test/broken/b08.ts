import type { Delivery } from "@meshwright/core/adapter";
import { delegate, type Sin, twisted } from "./sin.js";

function isJson(delivery: Delivery): boolean {
  try {
    const { body } = delivery.message;
    JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body));
    return true;
  } catch {
    return false;
  }
}

export const b08: Sin = {
  sin: "bodies that are no JSON are dropped by the adapter",
  caughtBy: { "B8/bodies-pass": /receives 1 more/, "B8/dead-letter-keeps-bytes": /receives \d+ more/ },
  commit: (broker) =>
    twisted(broker, () => ({
      async next(batches) {
        const step = await batches.next();
        return step.done === true ? step : { done: false, value: step.value.filter(isJson) };
      },
    })),
};

export const b08Cut: Sin = {
  sin: "a dead letter keeps the body as text",
  caughtBy: { "B8/dead-letter-keeps-bytes": /the body of/, "B16/dead-letters": /bytes came back as text/ },
  commit: (broker) => ({
    ...delegate(broker),
    async *deadLetters(request) {
      for await (const records of broker.deadLetters(request))
        yield records.map((record) => ({
          ...record,
          message: { ...record.message, body: new TextDecoder().decode(bytes(record.message.body)) },
        }));
    },
  }),
};

function bytes(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}
