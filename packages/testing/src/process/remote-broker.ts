import type {
  Broker,
  DeadLetterRecord,
  DeadLetterShelf,
  Delivery,
  GroupReport,
  HistoryEntry,
  HistoryReader,
  Inspector,
  Settlement,
  Subscription,
} from "@meshwright/core/adapter";
import type { Line } from "./line.js";
import type { NumberedDelivery, WireSettlement } from "./protocol.js";

type Remote = Omit<Broker, "name" | "capabilities"> & HistoryReader & DeadLetterShelf & Inspector;

/** Every call of the contract, passed on over the line. */
export function remoteBroker(line: Line): Remote {
  return {
    async open(context) {
      line.onReport((report) => context.report(report));
      await line.call({ method: "open", namespace: context.namespace, service: context.service });
    },
    async publish(channel, messages) {
      await line.call({ method: "publish", args: [channel, messages] });
    },
    async subscribe(request) {
      const iterator = (await line.call({ method: "subscribe", args: [request] })) as number;
      return remoteSubscription(line, iterator);
    },
    async close() {
      await line.call({ method: "close" });
    },
    history: (request) =>
      remoteIterable<HistoryEntry>(line, () => line.call({ method: "history", args: [request] })),
    deadLetters: (request) =>
      remoteIterable<DeadLetterRecord>(line, () => line.call({ method: "deadLetters", args: [request] })),
    redrive: (request) => line.call({ method: "redrive", args: [request] }) as Promise<number>,
    purge: (request) => line.call({ method: "purge", args: [request] }) as Promise<number>,
    inspect: () => line.call({ method: "inspect" }) as Promise<readonly GroupReport[]>,
  };
}

type Step<T> = { readonly done: false; readonly value: readonly T[] } | { readonly done: true };

async function next<T>(line: Line, iterator: number): Promise<IteratorResult<readonly T[]>> {
  const step = (await line.call({ method: "next", iterator })) as Step<T>;
  return step.done ? { done: true, value: undefined } : step;
}

async function* remoteIterable<T>(line: Line, open: () => Promise<unknown>): AsyncGenerator<readonly T[]> {
  const iterator = (await open()) as number;
  try {
    for (;;) {
      const step = await next<T>(line, iterator);
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    await line.call({ method: "return", iterator });
  }
}

function remoteSubscription(line: Line, iterator: number): Subscription {
  const numbers = new WeakMap<Delivery, number>();
  const pack = (settlement: Settlement): WireSettlement => ({
    ...settlement,
    delivery: numbers.get(settlement.delivery) ?? 0,
  });
  return {
    async settle(settlements) {
      await line.call({ method: "settle", iterator, settlements: settlements.map(pack) });
    },
    async close() {
      await line.call({ method: "leave", iterator });
    },
    [Symbol.asyncIterator]: () => ({
      async next() {
        const step = await next<NumberedDelivery>(line, iterator);
        if (step.done === true) return step;
        const value = step.value.map(({ number, delivery }) => {
          numbers.set(delivery, number);
          return delivery;
        });
        return { done: false, value };
      },
      async return() {
        await line.call({ method: "return", iterator });
        return { done: true, value: undefined };
      },
    }),
  };
}
