/** After the storm: waits until nothing is on its way any more, and reads what there is, by connections of its own. */
import { type Broker, parseEvent } from "@meshwright/core";
import {
  isDeadLetterShelf,
  isHistoryReader,
  isInspector,
  silentLogger,
  systemClock,
  type WireMessage,
} from "@meshwright/core/adapter";
import { redisBroker } from "@meshwright/redis";
import { drained } from "../../run/observe.js";
import { brokerGroup, channel, type EventData, groups, hearing, namespace, service } from "../events.js";
import type { Stored } from "../judge/evidence.js";
import type { Records, Service } from "../service/contract.js";
import { openService } from "../service/open.js";
import type { StoreSite } from "./site.js";

/** How long what is on its way may take. */
const drainMs = 120_000;

/** What these connections hold is not under test. */
const ownLeaseMs = 60_000;

/** A second pair of eyes: on the database and on the broker, past all proxies. */
export interface Observer extends AsyncDisposable {
  /** Waits until nothing is on its way, or the time is up. @returns what is left, in words */
  drained(): Promise<readonly string[]>;
  /** What the broker or a group has given up, in words. There should be none. */
  givenUp(): Promise<readonly string[]>;
  records(): Promise<Records>;
  stored(): Promise<readonly Stored[]>;
}

export async function observe(site: StoreSite): Promise<Observer> {
  const own = await openService(site.store, site.database, ownLeaseMs);
  const broker = redisBroker({ url: site.broker, lease: ownLeaseMs });
  const context = { clock: systemClock, logger: silentLogger };
  await own.store.open(context);
  await broker.open({ ...context, namespace, service, report: () => undefined });
  return {
    async drained() {
      // Twice: what one look misses is then where the next one looks.
      const look = async (): Promise<string[]> => [
        ...(await onItsWay(own, broker)),
        ...(await onItsWay(own, broker)),
      ];
      return drained(look, drainMs);
    },
    givenUp: async () => [...(await refused(own)), ...(await deadLetters(broker))],
    records: () => own.records(),
    stored: () => storedOn(broker),
    async [Symbol.asyncDispose]() {
      await broker.close();
      await own.store.close();
      await own.close();
    },
  };
}

async function onItsWay(own: Service, broker: Broker): Promise<string[]> {
  if (!isInspector(broker)) throw new Error(`${broker.name} does not tell what is left.`);
  const waiting = await own.waiting();
  const reports = (await broker.inspect()).filter(({ lag }) => lag > 0);
  return [
    ...(waiting > 0 ? [`${waiting} rows in the outbox`] : []),
    ...reports.map((report) => `not empty: ${JSON.stringify(report)}`),
  ];
}

async function refused({ store }: Service): Promise<string[]> {
  return (await store.outbox.refused()).map(
    ({ code, message: { id } }) => `refused by the broker: ${id} (${code})`,
  );
}

async function deadLetters(broker: Broker): Promise<string[]> {
  if (!isDeadLetterShelf(broker)) throw new Error(`${broker.name} has no dead letters to look at.`);
  const found: string[] = [];
  for (const group of [...groups, hearing])
    for await (const batch of broker.deadLetters({ group: brokerGroup(group) }))
      found.push(...batch.map(({ message: { id } }) => `given up by ${group}: ${id}`));
  return found;
}

async function storedOn(broker: Broker): Promise<Stored[]> {
  if (!isHistoryReader(broker)) throw new Error(`${broker.name} does not show what it has stored.`);
  const all: Stored[] = [];
  for await (const batch of broker.history({ channel, from: "earliest" }))
    all.push(...batch.map(({ message }) => storedAs(message)));
  return all;
}

function storedAs({ id, type, body }: WireMessage): Stored {
  return { id, type, name: (parseEvent(body).data as EventData).name };
}
