import { storeRefusals } from "@meshwright/core/adapter";
import type { PoolClient } from "pg";
import { clientLent } from "./errors.js";
import type { BoundStatement } from "./statement.js";

/** What a transaction has yet to send. */
export interface Unsent {
  /** Sends it before the next statement, which does not wait for the answer. */
  send(): void;
  /** Gives it away, to be sent with COMMIT. */
  take(): BoundStatement | undefined;
  /** Why the transaction is broken, if what was sent before another statement was refused. */
  readonly failure: unknown;
}

/** A client that can be used until it is taken back. */
export interface Lent {
  readonly client: PoolClient;
  readonly ended: boolean;
  unsent: Unsent | undefined;
  /** From now on every use of it is refused. */
  end(): void;
}

/** The store's own business. */
const notForWork: readonly PropertyKey[] = ["release", "end", "connect"];

/**
 * Lends a client to a transaction's work. A handler that ran out of time may hold it for longer: the client itself is then in
 * somebody else's transaction.
 */
export function lend(client: PoolClient): Lent {
  let ended = false;
  const lent = new Proxy(client, {
    get(target, property) {
      if (property === "query") return query;
      if (typeof property === "string" && notForWork.includes(property)) return refuse(property);
      if (ended && property !== "then") throw storeRefusals.ended();
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, property, value) {
      if (ended) throw storeRefusals.ended();
      return Reflect.set(target, property, value, target);
    },
  });
  const ask = client.query.bind(client) as (...args: unknown[]) => unknown;
  const query = (...args: unknown[]): unknown => {
    if (!ended) {
      state.unsent?.send();
      return ask(...args);
    }
    const last = args.at(-1);
    if (typeof last === "function") return void last(storeRefusals.ended());
    return Promise.reject(storeRefusals.ended());
  };
  const state: Lent = {
    client: lent,
    unsent: undefined,
    get ended() {
      return ended;
    },
    end: () => {
      ended = true;
    },
  };
  return state;
}

function refuse(method: string): () => never {
  return () => {
    throw clientLent(method);
  };
}
