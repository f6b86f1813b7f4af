import type { Clock } from "../../clock/clock.js";
import { ConfigurationError } from "../../errors/errors.js";
import type { GroupReport } from "../contract.js";
import { Alarms } from "./alarms.js";
import { Channel } from "./channel.js";
import { Faults, seededRandom } from "./faults.js";
import type { Dispatchable, Host, Retention } from "./host.js";
import type { MemoryRetention, MemoryServer, MemoryServerOptions } from "./options.js";
import { Shelf } from "./shelf.js";
import { Turns } from "./turns.js";

interface Namespace {
  readonly channels: Map<string, Channel>;
  readonly shelves: Map<string, Shelf>;
}

/** What a connection is to its server. */
export interface Connected {
  readonly clock: Clock;
  readonly live: boolean;
  cut(): void;
  heal(): void;
  /** Everything held is delivered again, counted. */
  loseLeases(): void;
}

/** The server behind the handle: what is stored, who is connected, what is due. */
export class ServerState implements MemoryServer, Host {
  readonly alarms: Alarms = new Alarms();
  readonly turns: Turns = new Turns();
  readonly retention: Retention;
  readonly faults: Faults | undefined;
  /** For what a crash or a cut leaves open, such as how much of a pending publish was stored. */
  readonly random: () => number;
  readonly #namespaces = new Map<string, Namespace>();
  /** In the order they were opened. The clock of the first is the server's. */
  readonly #connections = new Set<Connected>();
  readonly #awake = new Set<Dispatchable>();

  constructor(options: MemoryServerOptions) {
    this.retention = retentionOf(options.retention ?? {});
    this.random = seededRandom(options.faults?.seed ?? 1);
    this.faults = options.faults && new Faults(options.faults, this.random);
  }

  restart(): Promise<void> {
    const cut = [...this.#connections].filter((connection) => connection.live);
    for (const connection of cut) {
      connection.cut();
      connection.loseLeases();
    }
    return new Promise((resolve) => {
      this.turns.soon(() => {
        for (const connection of cut) connection.heal();
        resolve();
      });
    });
  }

  cut(): void {
    for (const connection of this.#connections) connection.cut();
  }

  heal(): void {
    for (const connection of this.#connections) connection.heal();
  }

  now(): number {
    const [first] = this.#connections;
    return first?.clock.now() ?? 0;
  }

  connect(connection: Connected): void {
    this.#connections.add(connection);
    if (this.#connections.size === 1) this.alarms.use(connection.clock);
  }

  disconnect(connection: Connected): void {
    this.#connections.delete(connection);
    const [first] = this.#connections;
    this.alarms.use(first?.clock);
  }

  channel(namespace: string, name: string): Channel {
    const { channels } = this.#namespace(namespace);
    let channel = channels.get(name);
    if (channel === undefined) {
      channel = new Channel(this, name);
      channels.set(name, channel);
    }
    return channel;
  }

  shelf(namespace: string, group: string): Shelf {
    const { shelves } = this.#namespace(namespace);
    let shelf = shelves.get(group);
    if (shelf === undefined) {
      shelf = new Shelf();
      shelves.set(group, shelf);
    }
    return shelf;
  }

  inspect(namespace: string): GroupReport[] {
    const channels = [...this.#namespace(namespace).channels.values()];
    return channels.flatMap((channel) => [...channel.groups.values()].map((group) => group.report()));
  }

  wake(work: Dispatchable): void {
    if (this.#awake.size === 0) this.turns.soon(() => this.#dispatch());
    this.#awake.add(work);
  }

  #dispatch(): void {
    const awake = [...this.#awake];
    this.#awake.clear();
    for (const work of awake) work.dispatch();
  }

  #namespace(name: string): Namespace {
    let namespace = this.#namespaces.get(name);
    if (namespace === undefined) {
      namespace = { channels: new Map(), shelves: new Map() };
      this.#namespaces.set(name, namespace);
    }
    return namespace;
  }
}

function retentionOf(options: MemoryRetention): Retention {
  const { maxMessages = 100_000, maxBytes = 64 * 1024 * 1024, maxAgeMs, hardLimit } = options;
  const limits = { maxMessages, maxBytes, maxAgeMs, "hardLimit.maxMessages": hardLimit?.maxMessages };
  for (const [name, limit] of Object.entries(limits)) {
    if (limit === undefined || limit >= 0) continue;
    throw new ConfigurationError(
      "RETENTION_INVALID",
      `retention.${name}: give a number from 0, not ${limit}.`,
    );
  }
  return { maxMessages, maxBytes, maxAgeMs, hardLimit };
}
