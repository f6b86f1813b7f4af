/**
 * A weighted HTTP proxy: of two backends, the canary gets a share of the requests. A backend is chosen for each request, so
 * that one under way stays where it is, whatever becomes of the weight.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Backend, forward } from "./forward.js";

/** A request was answered: by a backend, or by the proxy in its place. */
export interface Answered {
  readonly backend: string;
  readonly status: number;
}

export interface GatewayOptions {
  /** What has the traffic at first. */
  readonly stable: Backend;
  /** Default: a free one. */
  readonly port?: number;
  /** How long a backend may be silent, in milliseconds, before the answer is 504. Default 30 000. */
  readonly timeoutMs?: number;
  /** Told of each answer. */
  readonly onAnswer?: (answered: Answered) => void;
}

export interface HttpGateway {
  /** On the loopback interface. */
  readonly url: string;
  readonly stable: Backend;
  readonly canary: Backend | undefined;
  /** The canary's share, in percent. */
  readonly weight: number;
  /** Puts a canary in place, without traffic. One that has all the traffic becomes the stable backend. */
  deploy(canary: Backend): void;
  /** @throws RangeError where the weight is not from 0 to 100, or there is no canary to give it to */
  shift(weight: number): void;
  /** Takes the canary away. */
  remove(): void;
  /** Takes no more requests, and resolves when those under way are answered. */
  close(): Promise<void>;
}

export async function weightedGateway(options: GatewayOptions): Promise<HttpGateway> {
  const { port = 0, timeoutMs = 30_000, onAnswer = () => undefined } = options;
  let { stable } = options;
  let canary: Backend | undefined;
  let weight = 0;
  const isTurn = turns();

  const server = createServer((request, response) => {
    const backend = canary !== undefined && isTurn(weight) ? canary : stable;
    const done = (status: number): void => onAnswer({ backend: backend.name, status });
    forward({ request, response }, { backend, timeoutMs, done });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get stable() {
      return stable;
    },
    get canary() {
      return canary;
    },
    get weight() {
      return weight;
    },
    deploy(next) {
      if (canary?.name === next.name) return;
      if (canary !== undefined && weight === 100) stable = canary;
      canary = next;
      weight = 0;
    },
    shift(to) {
      if (!(to >= 0 && to <= 100)) throw new RangeError(`A weight is from 0 to 100, not ${to}.`);
      if (canary === undefined && to > 0) throw new RangeError("There is no canary to shift traffic to.");
      weight = to;
    },
    remove() {
      canary = undefined;
      weight = 0;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeIdleConnections();
      await closed;
    },
  };
}

/**
 * Whether the next request is the canary's: smooth weighted round robin for two. Without chance, so that of any hundred
 * requests a share of 10 % is ten, evenly spread.
 */
function turns(): (weight: number) => boolean {
  let credit = 0;
  return (weight) => {
    credit += weight;
    if (credit < 100) return false;
    credit -= 100;
    return true;
  };
}
