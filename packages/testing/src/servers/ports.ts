import { createServer } from "node:net";
import { MeshError } from "@meshwright/core/adapter";

// Below the ports that systems give to outgoing connections (Linux: from 32768 on). A client that calls a server which is
// down could else be given that very port, connect to itself, and keep the server from coming back.
const first = 12_000;
const count = 20_000;
/** Processes that start servers at the same time look in places of their own. */
const perProcess = 100;

let tried = 0;

/** A port of the loopback interface that nobody listens on, never the same one twice. */
export async function freePort(): Promise<number> {
  while (tried < count) {
    const port = first + ((process.pid * perProcess + tried) % count);
    tried++;
    if (await isFree(port)) return port;
  }
  throw new MeshError(
    "SERVER_NOT_STARTED",
    `No free port from ${first} to ${first + count}; end what listens there.`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
