/** After the storm: waits until every saga has ended and nothing is on its way, and reads what there is, by connections of its own. */
import { type Broker, createMesh, type Mesh, parseEvent, type SagaHistory } from "@meshwright/core";
import {
  isDeadLetterShelf,
  isHistoryReader,
  isInspector,
  silentLogger,
  systemClock,
} from "@meshwright/core/adapter";
import { redisBroker } from "@meshwright/redis";
import { drained } from "../../run/observe.js";
import type { StoreSite } from "../../store/run/site.js";
import type { Service } from "../../store/service/contract.js";
import { openService } from "../../store/service/open.js";
import {
  catalog,
  channel,
  closed,
  type EndData,
  namespace,
  sagaGroup,
  sagaName,
  service,
} from "../events.js";
import type { Told } from "../judge/evidence.js";

/** How long the last of them may take. */
const drainMs = 120_000;

/** What these connections hold is not under test. */
const ownLeaseMs = 60_000;

export interface Observer extends AsyncDisposable {
  /** Waits until all of these have ended, or the time is up. @returns what is left, in words */
  drained(names: readonly string[]): Promise<readonly string[]>;
  /** What the broker or the group has given up, in words. There should be none. */
  givenUp(): Promise<readonly string[]>;
  /** All instances there are. */
  instances(): Promise<readonly SagaHistory[]>;
  /** What the sagas have told of their ends, in the order of the broker. */
  told(): Promise<readonly Told[]>;
}

export async function observe({ store, database, broker: url }: StoreSite): Promise<Observer> {
  const own = await openService(store, database, ownLeaseMs);
  const mesh = createMesh({
    service: "chaos-observer",
    namespace,
    catalog,
    broker: redisBroker({ url, lease: ownLeaseMs }),
    store: own.store,
    relay: false,
  });
  await mesh.start();
  const broker = redisBroker({ url, lease: ownLeaseMs });
  const context = { clock: systemClock, logger: silentLogger, namespace, service };
  await broker.open({ ...context, report: () => undefined });
  return {
    drained: (names) =>
      drained(async () => [...(await onItsWay(own, broker)), ...(await running(mesh, names))], drainMs),
    givenUp: async () => [...(await refused(own)), ...(await deadLetters(broker))],
    instances: () => instances(mesh),
    told: () => toldOn(broker),
    async [Symbol.asyncDispose]() {
      await broker.close();
      await mesh.stop();
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

type Reader = Pick<Mesh<typeof catalog>, "sagas">;

async function running({ sagas }: Reader, names: readonly string[]): Promise<string[]> {
  const all = await sagas.list({ name: sagaName, limit: Number.MAX_SAFE_INTEGER });
  const at = new Map(all.map(({ key, state }) => [key, state]));
  const left = names.filter((name) => (at.get(name) ?? "running") === "running");
  return left.length === 0 ? [] : [`${left.length} sagas have not ended, such as ${left[0]}`];
}

async function instances({ sagas }: Reader): Promise<SagaHistory[]> {
  const found: SagaHistory[] = [];
  for (const { key } of await sagas.list({ name: sagaName, limit: Number.MAX_SAFE_INTEGER })) {
    const history = await sagas.get(sagaName, key);
    if (history !== undefined) found.push(history);
  }
  return found;
}

async function refused({ store }: Service): Promise<string[]> {
  return (await store.outbox.refused()).map(
    ({ code, message: { id } }) => `refused by the broker: ${id} (${code})`,
  );
}

async function deadLetters(broker: Broker): Promise<string[]> {
  if (!isDeadLetterShelf(broker)) throw new Error(`${broker.name} has no dead letters to look at.`);
  const found: string[] = [];
  for await (const batch of broker.deadLetters({ group: sagaGroup }))
    found.push(...batch.map(({ message: { id } }) => `given up by ${sagaGroup}: ${id}`));
  return found;
}

async function toldOn(broker: Broker): Promise<Told[]> {
  if (!isHistoryReader(broker)) throw new Error(`${broker.name} does not show what it has stored.`);
  const all: Told[] = [];
  for await (const batch of broker.history({ channel, from: "earliest" }))
    for (const { message } of batch)
      if (message.type === closed.type)
        all.push({ id: message.id, ...(parseEvent(message.body).data as EndData) });
  return all;
}
