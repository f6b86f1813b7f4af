import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface VersionServer {
  readonly url: string;
  /** Resolves when what is under way is answered. */
  close(): Promise<void>;
}

/**
 * A version of the demo's service, as a real HTTP server.
 *
 * @param failsEvery so many requests, one is answered with 500; undefined for a sound version
 */
export async function startVersion(version: string, failsEvery?: number): Promise<VersionServer> {
  let count = 0;
  const server = createServer((_request, response) => {
    count += 1;
    const status = failsEvery !== undefined && count % failsEvery === 0 ? 500 : 200;
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ version }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}
