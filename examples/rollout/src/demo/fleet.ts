/** The servers behind the proxy: what a deployment system would be to the rollout. */
import type { Build } from "../events.js";
import type { HttpGateway } from "../gateway.js";
import type { RolloutGateway } from "../rollout.js";
import { startVersion, type VersionServer } from "./version-server.js";

export interface Fleet extends RolloutGateway {
  /** Starts a version, once. */
  start(version: string): Promise<VersionServer>;
  close(): Promise<void>;
}

/**
 * @param failsEvery of a version; see `startVersion`
 * @param gateway where to change what has the traffic; asked for when there is something to change
 */
export function fleetOf(
  failsEvery: Readonly<Record<string, number>>,
  gateway: () => Pick<HttpGateway, "canary" | "deploy" | "shift" | "remove">,
): Fleet {
  const servers = new Map<string, Promise<VersionServer>>();
  const start = (version: string): Promise<VersionServer> => {
    const server = servers.get(version) ?? startVersion(version, failsEvery[version]);
    servers.set(version, server);
    return server;
  };
  const isCanary = ({ version }: Build): boolean => gateway().canary?.name === version;
  return {
    start,
    async deploy({ version }, { signal }) {
      const { url } = await start(version);
      signal.throwIfAborted();
      gateway().deploy({ name: version, url });
    },
    shift(build, weight) {
      if (isCanary(build)) gateway().shift(weight);
    },
    async remove(build) {
      if (!isCanary(build)) return;
      gateway().remove();
      const server = servers.get(build.version);
      servers.delete(build.version);
      await (await server)?.close();
    },
    async close() {
      for (const server of servers.values()) await (await server).close();
    },
  };
}
