import { type Broker, type GroupReport, isInspector } from "../broker/contract.js";
import type { Consumer } from "../consume/consumer.js";
import type { Counters } from "../consume/counters.js";
import { nameOf } from "../errors/errors.js";
import type { Relay, RelayReport } from "../outbox/relay.js";
import type { ProjectionHealth } from "../projection/health.js";
import type { OutboxBacklog, Store } from "../store/contract.js";

/** How one group is doing on one channel. Numbers of the broker are for all its members; counters for this process. */
export interface GroupHealth extends GroupReport {
  readonly counters: Readonly<Counters>;
}

/** The outbox of the mesh's store, and this mesh's relay. */
export interface OutboxHealth {
  /** "off": with `relay: false`, another one has to do it. Counters are of this process. */
  readonly relay: RelayReport | { readonly state: "off" };
  /** What is in the store, of all processes. Undefined while it does not answer. */
  readonly backlog: OutboxBacklog | undefined;
  /** Why it does not answer: the code of the error, or its name where it has none. */
  readonly reason?: string;
}

export interface MeshHealth {
  /**
   * "ok"; "degraded" while the broker or the store is out of reach or does not answer, or the relay cannot publish; before start
   * and after stop "stopped".
   */
  readonly status: "ok" | "degraded" | "stopped";
  readonly broker: {
    readonly name: string;
    readonly state: "connected" | "disconnected";
    readonly reason?: string;
  };
  readonly groups: readonly GroupHealth[];
  readonly projections: readonly ProjectionHealth[];
  /** Where the mesh has a store. */
  readonly outbox?: OutboxHealth;
}

/** What is asked. */
export interface Observed {
  readonly broker: Broker;
  readonly consumers: readonly Consumer[];
  readonly connection: { readonly connected: boolean; readonly cause: unknown };
  readonly store: Store | undefined;
  readonly relay: Relay | undefined;
}

/** Asks the broker about the groups this mesh consumes with, and the store. Never rejects: not being able to tell is an answer. */
export async function healthOf(mesh: Observed): Promise<Omit<MeshHealth, "projections">> {
  const [atBroker, outbox] = await Promise.all([brokerHealth(mesh), outboxHealth(mesh)]);
  const isWell = atBroker.broker.state === "connected" && (outbox === undefined || isHealthy(outbox));
  return { status: isWell ? "ok" : "degraded", ...atBroker, ...(outbox === undefined ? {} : { outbox }) };
}

/** The health of a mesh that is not running: nobody is asked. */
export function stoppedHealth({ broker, store, relay }: Observed): Omit<MeshHealth, "projections"> {
  const stopped = { state: "stopped", published: 0, refused: 0 } as const;
  const outbox: OutboxHealth = { relay: relay?.report() ?? stopped, backlog: undefined };
  return {
    status: "stopped",
    broker: { name: broker.name, state: "disconnected" },
    groups: [],
    ...(store === undefined ? {} : { outbox }),
  };
}

async function brokerHealth({
  broker,
  consumers,
  connection,
}: Observed): Promise<Pick<MeshHealth, "broker" | "groups">> {
  const { name } = broker;
  try {
    const reports = isInspector(broker) ? await broker.inspect() : [];
    const groups = consumers.map((consumer) => groupHealth(consumer, reports));
    if (connection.connected) return { broker: { name, state: "connected" }, groups };
    return { broker: { name, state: "disconnected", reason: reasonOf(connection.cause) }, groups };
  } catch (error) {
    const groups = consumers.map((consumer) => groupHealth(consumer, []));
    return { broker: { name, state: "disconnected", reason: reasonOf(error) }, groups };
  }
}

async function outboxHealth({ store, relay }: Observed): Promise<OutboxHealth | undefined> {
  if (store === undefined) return undefined;
  const asked = await store.outbox.backlog().then(
    (backlog) => ({ backlog }),
    (error: unknown) => ({ backlog: undefined, reason: nameOf(error) }),
  );
  return { relay: relay?.report() ?? { state: "off" }, ...asked };
}

function isHealthy({ relay, backlog }: OutboxHealth): boolean {
  return relay.state !== "waiting" && backlog !== undefined;
}

function groupHealth(consumer: Consumer, reports: readonly GroupReport[]): GroupHealth {
  const { group, channel } = consumer.options;
  const report = reports.find((one) => one.group === group && one.channel === channel);
  const none = {
    channel,
    group,
    lag: 0,
    inFlight: 0,
    delayed: 0,
    deadLetters: 0,
    oldestUnsettledAt: undefined,
  };
  return { ...none, ...report, counters: { ...consumer.counters } };
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : "unknown";
}
