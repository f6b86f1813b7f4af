import { type Broker, type GroupReport, isInspector } from "../broker/contract.js";
import type { Consumer } from "../consume/consumer.js";
import type { Counters } from "../consume/counters.js";
import type { ProjectionHealth } from "../projection/health.js";

/** How one group is doing on one channel. Numbers of the broker are for all its members; counters for this process. */
export interface GroupHealth extends GroupReport {
  readonly counters: Readonly<Counters>;
}

export interface MeshHealth {
  /** "ok"; "degraded" while the broker is out of reach or does not answer; before start and after stop "stopped". */
  readonly status: "ok" | "degraded" | "stopped";
  readonly broker: {
    readonly name: string;
    readonly state: "connected" | "disconnected";
    readonly reason?: string;
  };
  readonly groups: readonly GroupHealth[];
  readonly projections: readonly ProjectionHealth[];
}

/** Asks the broker about the groups this mesh consumes with. Never rejects: not being able to tell is an answer. */
export async function healthOf(
  broker: Broker,
  consumers: readonly Consumer[],
  connection: { readonly connected: boolean; readonly cause: unknown },
  running: boolean,
): Promise<Omit<MeshHealth, "projections">> {
  const name = broker.name;
  if (!running) return { status: "stopped", broker: { name, state: "disconnected" }, groups: [] };
  try {
    const reports = isInspector(broker) ? await broker.inspect() : [];
    const groups = consumers.map((consumer) => groupHealth(consumer, reports));
    if (connection.connected) return { status: "ok", broker: { name, state: "connected" }, groups };
    return {
      status: "degraded",
      broker: { name, state: "disconnected", reason: reasonOf(connection.cause) },
      groups,
    };
  } catch (error) {
    const groups = consumers.map((consumer) => groupHealth(consumer, []));
    return { status: "degraded", broker: { name, state: "disconnected", reason: reasonOf(error) }, groups };
  }
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
