import { createServer } from "node:net";
import { MeshError } from "@meshwright/core/adapter";

// Below the ports that systems give to outgoing connections (Linux: from 32768 on). A client that calls a server which is
// down could else be given that very port, connect to itself, and keep the server from coming back.
const first = 12_000;
const last = 32_000;

/** A port of the loopback interface that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = first + Math.floor(Math.random() * (last - first));
    if (await isFree(port)) return port;
  }
  throw new MeshError(
    "SERVER_NOT_STARTED",
    `No free port between ${first} and ${last}; end what listens there.`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
