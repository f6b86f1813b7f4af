/** All that the demo runs: servers, proxy, traffic, monitor, and a mesh with the rollout. */
import { createMesh, type MemoryRows, type Mesh, memoryBroker, memoryStore } from "@meshwright/core";
import { releasePublished, rolloutCatalog, rolloutRolledBack, sloBreached } from "../events.js";
import { freezeWindows } from "../freeze.js";
import { type HttpGateway, weightedGateway } from "../gateway.js";
import { progressiveRollout } from "../rollout.js";
import { fleetOf } from "./fleet.js";
import { monitor } from "./monitor.js";
import { type Timeline, timeline } from "./timeline.js";
import { startTraffic, type Traffic } from "./traffic.js";

export const service = "shop";
export const watchMs = 1_000;

export interface Site {
  readonly mesh: Mesh<typeof rolloutCatalog, MemoryRows>;
  readonly gateway: HttpGateway;
  readonly traffic: Traffic;
  readonly timeline: Timeline;
  release(version: string): Promise<unknown>;
  close(): Promise<void>;
}

/**
 * @param stable the version that has the traffic at first
 * @param failsEvery of versions that are not sound; see `startVersion`
 */
export async function openSite(stable: string, failsEvery: Readonly<Record<string, number>>): Promise<Site> {
  const fleet = fleetOf(failsEvery, () => gateway);
  const mesh = createMesh({
    service: "rollouts",
    catalog: rolloutCatalog,
    broker: memoryBroker(),
    store: memoryStore(),
  });
  const gateway = await weightedGateway({
    stable: { name: stable, url: (await fleet.start(stable)).url },
    onAnswer: monitor({
      service,
      answers: 12,
      errorRate: 0.05,
      breached: (breach) => mesh.publish(sloBreached.type, breach),
    }),
  });
  // rollout
  mesh.saga(
    progressiveRollout({
      gateway: fleet,
      plan: [10, 50, 100].map((weight) => ({ weight, watch: watchMs })),
      approval: { before: 50, timeout: "10s" },
      freeze: freezeWindows([{ from: "2025-12-24T12:00:00Z", until: "2025-12-27T06:00:00Z" }]),
      rolledBack: (data, options) => mesh.publish(rolloutRolledBack.type, data, options),
    }),
  );
  // end rollout
  const seen = timeline();
  mesh.on("*", { name: "timeline" }, (event) => seen.add(event));
  await mesh.start();
  const traffic = startTraffic(gateway.url);
  return {
    mesh,
    gateway,
    traffic,
    timeline: seen,
    release: (version) => mesh.publish(releasePublished.type, { service, version }),
    async close() {
      await traffic.stop();
      await mesh.stop();
      await gateway.close();
      await fleet.close();
    },
  };
}
