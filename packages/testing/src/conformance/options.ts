import type { Broker, BrokerCapabilities, Clock } from "@meshwright/core/adapter";
import type { ForkOptions } from "../process/fork-broker.js";

/** What an author tells the kit about an adapter. Only `create` is always needed. */
export interface ConformanceOptions<B extends Broker = Broker> {
  /**
   * A new, unopened connection. It is called several times in a test; all connections must reach the same backend.
   * The kit opens each in a namespace of its test's own. Leases should be short: see `leaseMs`.
   */
  create(): B | Promise<B>;

  /** Heading of the suite; default the broker's `name`. */
  readonly name?: string;

  /** What the manifest must say, so that it does not change by accident. */
  readonly capabilities?: Partial<BrokerCapabilities>;

  /**
   * Ends a connection as the death of its process would: the backend is told nothing. Give this or `fork`.
   * `fork` is the stronger proof.
   */
  crash?(broker: B): void | Promise<void>;

  /** A module that builds the same broker in a child process, which crash tests then kill with SIGKILL. */
  readonly fork?: ForkOptions;

  /** Stops and starts the server; resolves when it takes connections again. */
  restart?(): void | Promise<void>;

  /** For brokers of `reach: "network"`: the server's address, and a connection to another one, the fault proxy's. */
  readonly network?: {
    readonly target: { readonly host: string; readonly port: number };
    create(address: { readonly host: string; readonly port: number }): Broker | Promise<Broker>;
  };

  /** Brokers that keep as little as they may, for B17. */
  readonly retention?: {
    /** With the softest limit that exists set to its least: what no group needs any more goes soon. */
    create(): Broker | Promise<Broker>;
    /** Makes retention happen now, where the broker does it from time to time. */
    enforce?(broker: Broker): void | Promise<void>;
    /** With a hard limit on how many messages a channel keeps. */
    readonly hard?: { readonly messages: number; create(): Broker | Promise<Broker> };
  };

  /** Stores, past the adapter, an entry in the channel that the adapter cannot turn into a message (B8). */
  corrupt?(
    where: { readonly namespace: string; readonly channel: string },
    bytes: Uint8Array,
  ): void | Promise<void>;

  /** A broker on a backend that it must refuse to open: a newer format, another program's data (B18). */
  incompatible?(): Broker | Promise<Broker>;

  /** No lease of the brokers that `create` makes is longer than this, in milliseconds; default 1000. */
  readonly leaseMs?: number;

  /** How long a test waits for a thing to happen before it fails, in milliseconds; default 20000. */
  readonly deadlineMs?: number;

  /** A clock that stands still until it is advanced, such as `virtualClock()`; default the machine's. */
  readonly clock?: Clock & { advance(ms: number): Promise<void> };

  /** Size of the big backlogs, in messages; default 5000. */
  readonly backlog?: number;

  /** Where the random tests start from; default 1. A failing test says which seed it used. */
  readonly seed?: number;

  /**
   * Tests that do not apply, by their id, each with the reason. A skip for a test that does not exist, or that passes,
   * fails.
   *
   * @example { "B10/restart": "a file has no server to restart" }
   */
  readonly skip?: Readonly<Record<string, string>>;
}
