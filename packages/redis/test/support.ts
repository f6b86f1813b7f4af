import {
  type BrokerContext,
  type BrokerReport,
  type Delivery,
  type Subscription,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { type RedisBroker, type RedisBrokerOptions, redisBroker } from "@meshwright/redis";
import { eventually } from "@meshwright/testing";
import { onTestFinished } from "vitest";

export function contextOf(over: Partial<BrokerContext> = {}): BrokerContext {
  return {
    namespace: "test",
    service: "test",
    clock: systemClock,
    logger: silentLogger,
    report: () => undefined,
    ...over,
  };
}

/** An open broker, closed after the test, and what it reported. */
export async function openBroker(
  options: RedisBrokerOptions,
  over: Partial<BrokerContext> = {},
): Promise<RedisBroker & { readonly reports: BrokerReport[] }> {
  const reports: BrokerReport[] = [];
  const broker = redisBroker(options);
  await broker.open(contextOf({ report: (report) => reports.push(report), ...over }));
  onTestFinished(() => broker.close().catch(() => undefined));
  return Object.assign(broker, { reports });
}

let count = 0;

export function message(over: Partial<WireMessage> = {}): WireMessage {
  count += 1;
  return {
    id: `message-${count}`,
    type: "test.v1",
    key: "key",
    contentType: "application/cloudevents+json",
    headers: {},
    body: `{"n":${count}}`,
    ...over,
  };
}

export async function subscribe(
  broker: Pick<RedisBroker, "subscribe">,
  over: Partial<Parameters<RedisBroker["subscribe"]>[0]> = {},
): Promise<Subscription> {
  return await broker.subscribe({
    channel: "orders",
    group: "billing",
    ordering: "key",
    from: "earliest",
    prefetch: 100,
    ...over,
  });
}

/** Reads `wanted` deliveries, without settling them. */
export async function take(
  iterator: AsyncIterator<readonly Delivery[]>,
  wanted: number,
): Promise<Delivery[]> {
  const taken: Delivery[] = [];
  while (taken.length < wanted) {
    const step = await iterator.next();
    if (step.done) throw new Error(`the subscription ended after ${taken.length} of ${wanted}`);
    taken.push(...step.value);
  }
  return taken;
}

export function iterate(subscription: Subscription): AsyncIterator<readonly Delivery[]> {
  return subscription[Symbol.asyncIterator]();
}

/** Acknowledges everything as it comes, again and again if need be. Returns what came, which grows. */
export function ackAll(subscription: Subscription, got: Delivery[] = []): Delivery[] {
  const settle = async (batch: readonly Delivery[]): Promise<void> => {
    const acks = batch.map((delivery) => ({ delivery, outcome: "ack" as const }));
    await eventually("it is settled", () =>
      subscription.settle(acks).then(
        () => true,
        () => false,
      ),
    );
  };
  void (async () => {
    for await (const batch of subscription) {
      got.push(...batch);
      await settle(batch);
    }
  })();
  return got;
}

export function received(got: readonly Delivery[], id: string): boolean {
  return got.some((delivery) => delivery.message.id === id);
}
