import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { MeshError } from "@meshwright/core/adapter";
import { postgresServer } from "./postgres.js";
import { rabbitmqServer } from "./rabbitmq.js";
import { redisServer } from "./redis.js";
import { sharedVariable } from "./shared.js";

/**
 * One server of each kind for all processes of a test run, started by the first that asks with `shared: true`. Call it
 * where the run begins, and dispose of the result where it ends; processes started in between find it by their
 * environment.
 *
 * @example
 * // servers.ts, named in vitest's `globalSetup`
 * export default async function setup() {
 *   const servers = await shareServers();
 *   return () => servers[Symbol.asyncDispose]();
 * }
 */
export async function shareServers(): Promise<AsyncDisposable> {
  const redis = once(() => redisServer());
  const rabbitmq = once(() => rabbitmqServer());
  const postgres = once(() => postgresServer());
  const routes: Readonly<Record<string, (args: readonly string[]) => Promise<string>>> = {
    "/redis": async () => (await redis.get()).url,
    "/postgres": async () => (await postgres.get()).url,
    "/rabbitmq": async () => (await rabbitmq.get()).url,
    "/rabbitmq/ctl": async (args) => (await rabbitmq.get()).ctl(...args),
  };
  const http = createServer((request, response) => {
    void answer(request, routes).then((text) => response.end(text));
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  process.env[sharedVariable] = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return {
    async [Symbol.asyncDispose]() {
      delete process.env[sharedVariable];
      http.closeAllConnections();
      http.close();
      await Promise.all([redis.close(), rabbitmq.close(), postgres.close()]);
    },
  };
}

async function answer(
  request: IncomingMessage,
  routes: Readonly<Record<string, (args: readonly string[]) => Promise<string>>>,
): Promise<string> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const route = routes[request.url ?? ""];
    if (route === undefined) throw new Error(`There is no shared server at ${request.url}.`);
    return JSON.stringify({ value: await route(JSON.parse(Buffer.concat(chunks).toString("utf8"))) });
  } catch (error) {
    const code = error instanceof MeshError ? error.code : "SERVER_NOT_STARTED";
    return JSON.stringify({ code, message: error instanceof Error ? error.message : String(error) });
  }
}

/** Started when it is first asked for. Nothing to close if nobody did. */
function once<S extends AsyncDisposable>(start: () => Promise<S>) {
  let server: Promise<S> | undefined;
  return {
    get: (): Promise<S> => {
      server ??= start();
      return server;
    },
    close: async (): Promise<void> => {
      // One that did not start has told those who asked.
      const started = await server?.catch(() => undefined);
      await started?.[Symbol.asyncDispose]();
    },
  };
}
