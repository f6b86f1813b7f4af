import {
  type BrokerContext,
  type BrokerReport,
  type Delivery,
  type Logger,
  MeshError,
  type Subscription,
  type SubscriptionRequest,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { type RabbitBroker, type RabbitBrokerOptions, rabbitBroker } from "@meshwright/rabbitmq";
import { eventually } from "@meshwright/testing";
import { type ConfirmChannel, connect } from "amqplib";
import { afterAll, onTestFinished } from "vitest";

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
  options: RabbitBrokerOptions,
  over: Partial<BrokerContext> = {},
): Promise<RabbitBroker & { readonly reports: BrokerReport[] }> {
  const reports: BrokerReport[] = [];
  const broker = rabbitBroker({ partitions: 3, lease: 2_000, timeout: 2_000, ...options });
  await broker.open(contextOf({ report: (report) => reports.push(report), ...over }));
  onTestFinished(() => broker.close().catch(() => undefined));
  return Object.assign(broker, { reports });
}

/** A channel of amqplib, as foreign programs use it; closed after the tests of the file. */
export async function rawChannel(url: string): Promise<ConfirmChannel> {
  const connection = await connect(url);
  afterAll(() => connection.close());
  return await connection.createConfirmChannel();
}

/** A logger that keeps its warnings: their texts, and the codes of their errors. */
export function warningsOf(): Logger & { readonly texts: string[]; readonly codes: string[] } {
  const [texts, codes]: [string[], string[]] = [[], []];
  const warn = (about: object, text?: string): void => {
    texts.push(text ?? "");
    if ("err" in about && about.err instanceof MeshError) codes.push(about.err.code);
  };
  return { ...silentLogger, warn, texts, codes };
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
  broker: Pick<RabbitBroker, "subscribe">,
  over: Partial<SubscriptionRequest> = {},
): Promise<Subscription> {
  return await broker.subscribe({
    channel: "orders",
    group: "billing",
    ordering: "key",
    from: "latest",
    prefetch: 100,
    ...over,
  });
}

export function iterate(subscription: Subscription): AsyncIterator<readonly Delivery[]> {
  return subscription[Symbol.asyncIterator]();
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

/** Acknowledges everything as it comes, again and again if need be. Returns what came, which grows. */
export function ackAll(subscription: Subscription, got: Delivery[] = []): Delivery[] {
  void (async () => {
    for await (const batch of subscription) {
      got.push(...batch);
      const acks = batch.map((delivery) => ({ delivery, outcome: "ack" as const }));
      await eventually("it is settled", () =>
        subscription.settle(acks).then(
          () => true,
          () => false,
        ),
      );
    }
  })();
  return got;
}

export function ids(got: readonly Delivery[]): string[] {
  return got.map((delivery) => delivery.message.id);
}
