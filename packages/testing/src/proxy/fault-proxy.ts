/**
 * A TCP proxy that misbehaves on request, to stand between a client and its server. It imports `node:net` only.
 */
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { type Link, openLink } from "./link.js";

export interface FaultProxyOptions {
  /** The server that connections are passed on to. */
  readonly target: { readonly host: string; readonly port: number };
  /** The port to listen on, on the loopback interface; default any free one. */
  readonly port?: number;
}

/** A running proxy. Faults add up until `heal`. */
export interface FaultProxy extends AsyncDisposable {
  /** Where clients connect to. */
  readonly host: string;
  readonly port: number;
  /** How many client connections are open. */
  readonly connections: number;
  /** Resets every connection, and every new one at once, until `heal`. */
  cut(): void;
  /** Listens no more: new connections are refused by the operating system. Open ones stay. */
  refuse(): Promise<void>;
  /** Bytes and ends go nowhere in either direction, and nobody is told; new connections are accepted into the void. */
  blackHole(): void;
  /** Open connections fall silent for good, as when a firewall forgets them (half open); new ones work. */
  strand(): void;
  /** Ends the direction from server to client on every open connection; the other one stays open. */
  halfClose(): void;
  /** Holds every chunk back by this many milliseconds, in both directions; 0 passes them on at once again. */
  delay(ms: number): void;
  /** Ends all faults. What a black hole held back is passed on, as TCP would; connections that were cut stay so. */
  heal(): Promise<void>;
  /** Resets what is open and stops listening. */
  close(): Promise<void>;
}

type Mode = "pass" | "cut" | "hole";

/**
 * Starts a proxy on the loopback interface.
 *
 * @throws the listening error, when `port` is taken
 * @example
 * await using proxy = await faultProxy({ target: { host: "127.0.0.1", port: 6379 } });
 * const broker = redisBroker({ url: `redis://127.0.0.1:${proxy.port}` });
 * proxy.cut();
 * await proxy.heal();
 */
export async function faultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const links = new Set<Link>();
  let mode: Mode = "pass";
  let delayMs = 0;

  const accept = (client: Socket): void => {
    if (mode === "cut") {
      client.resetAndDestroy();
      return;
    }
    const link = openLink(client, options.target, {
      delayMs: () => delayMs,
      closed: () => links.delete(link),
    });
    if (mode === "hole") link.hold();
    links.add(link);
  };

  let server = await listen(accept, options.port ?? 0);
  const port = (server.address() as AddressInfo).port;
  const cutAll = (): void => {
    for (const link of [...links]) link.cut();
  };
  const close = async (): Promise<void> => {
    cutAll();
    await stop(server);
  };

  return {
    host: "127.0.0.1",
    port,
    get connections() {
      return links.size;
    },
    cut() {
      mode = "cut";
      cutAll();
    },
    refuse: () => stop(server),
    blackHole() {
      mode = "hole";
      for (const link of links) link.hold();
    },
    strand() {
      for (const link of links) link.strand();
    },
    halfClose() {
      for (const link of links) link.halfClose();
    },
    delay(ms) {
      delayMs = ms;
    },
    async heal() {
      mode = "pass";
      delayMs = 0;
      if (!server.listening) server = await listen(accept, port);
      for (const link of links) link.resume();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function listen(accept: (client: Socket) => void, port: number): Promise<Server> {
  // A half-closed connection must stay half open, and a held one must not read on by itself.
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accept);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}

/** Stops listening without waiting for open connections, which outlive it. */
function stop(server: Server): Promise<void> {
  if (server.listening) server.close();
  return Promise.resolve();
}
