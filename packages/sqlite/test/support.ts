import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type BrokerContext,
  type BrokerReport,
  type Delivery,
  type Subscription,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { type SqliteBroker, type SqliteBrokerOptions, sqliteBroker } from "@meshwright/sqlite";
import { onTestFinished } from "vitest";

/** A folder of the test's own, removed after it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "meshwright-sqlite-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function temporaryFile(): string {
  return join(temporaryFolder(), "mesh.db");
}

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
  options: SqliteBrokerOptions,
  over: Partial<BrokerContext> = {},
): Promise<SqliteBroker & { readonly reports: BrokerReport[] }> {
  const reports: BrokerReport[] = [];
  const broker = sqliteBroker(options);
  await broker.open(contextOf({ report: (report) => reports.push(report), ...over }));
  onTestFinished(() => broker.close());
  return Object.assign(broker, { reports });
}

let count = 0;

export function message(over: Partial<WireMessage> = {}): WireMessage {
  count += 1;
  return {
    id: `message-${count}`,
    type: "test.v1",
    key: "key",
    contentType: "application/json",
    headers: {},
    body: `{"n":${count}}`,
    ...over,
  };
}

export async function subscribe(
  broker: SqliteBroker,
  over: Partial<Parameters<SqliteBroker["subscribe"]>[0]> = {},
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
