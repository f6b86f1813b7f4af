/** What all processes of a chaos run agree on. */
import { join } from "node:path";
import { type BrokerContext, type BrokerReport, silentLogger, systemClock } from "@meshwright/core/adapter";
import { type SqliteBroker, sqliteBroker } from "@meshwright/sqlite";

export const channel = "chaos";

export const groups: readonly { readonly name: string; readonly ordering: "key" | "none" }[] = [
  { name: "ordered", ordering: "key" },
  { name: "loose", ordering: "none" },
];

/** Long against a stall of a busy machine, short against the run. */
export const leaseMs = 2_000;

export async function openBroker(
  folder: string,
  report: (report: BrokerReport) => void = () => undefined,
): Promise<SqliteBroker> {
  const broker = sqliteBroker({ path: join(folder, "chaos.db"), lease: leaseMs, busyTimeout: "30s" });
  const context: BrokerContext = {
    namespace: "chaos",
    service: "chaos",
    clock: systemClock,
    logger: silentLogger,
    report,
  };
  await broker.open(context);
  return broker;
}
