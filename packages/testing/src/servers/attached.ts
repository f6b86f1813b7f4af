import { connect } from "node:net";
import { MeshError } from "@meshwright/core/adapter";
import { faultProxy } from "../proxy/fault-proxy.js";
import type { Address } from "./found.js";
import type { Server } from "./server.js";

/**
 * A server that somebody else started, as it is.
 *
 * @throws MeshError `SERVER_UNREACHABLE`
 */
export async function attachedServer({ url, host, port, from }: Address): Promise<Server> {
  if (!(await answers(host, port)))
    throw new MeshError(
      "SERVER_UNREACHABLE",
      `Nothing listens on ${host}:${port}, where ${from} points. Start that server, or unset ${from} to have one started.`,
    );

  const refuse = (what: string): never => {
    throw new MeshError(
      "SERVER_NOT_OWNED",
      `The server at ${host}:${port} comes from ${from}; it cannot be ${what} from here. Start one of your own for that.`,
    );
  };
  const refuseLater = async (what: string): Promise<never> => refuse(what);
  const close = (): Promise<void> => Promise.resolve();
  return {
    url,
    host,
    port,
    owned: false,
    running: true,
    folder: undefined,
    start: () => refuseLater("started"),
    stop: () => refuseLater("stopped"),
    restart: () => refuseLater("restarted"),
    kill: () => refuseLater("killed"),
    pause: () => refuse("paused"),
    resume: () => refuse("resumed"),
    proxy: () => faultProxy({ target: { host, port } }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Whether something listens there. */
export function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5_000 });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => done(true));
    socket.once("timeout", () => done(false));
    socket.once("error", () => done(false));
  });
}
