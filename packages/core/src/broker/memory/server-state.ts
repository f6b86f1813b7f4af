import type { GroupReport } from "../contract.js";
import { Alarms } from "./alarms.js";
import { Channel } from "./channel.js";
import type { MemoryConnection } from "./connection.js";
import { dispatch } from "./dispatch.js";
import { Faults, seededRandom } from "./faults.js";
import type { Group } from "./group.js";
import type { MemoryServer, MemoryServerOptions } from "./memory.js";
import { Shelf } from "./shelf.js";
import { soon } from "./turns.js";

interface Namespace {
  readonly channels: Map<string, Channel>;
  readonly shelves: Map<string, Shelf>;
}

export interface Retention {
  readonly maxMessages: number;
  readonly maxBytes: number;
  readonly maxAgeMs: number | undefined;
  readonly hardLimit: { readonly maxMessages: number } | undefined;
}

/** The server behind the handle: what is stored, who is connected, what is due. */
export class ServerState implements MemoryServer {
  readonly alarms: Alarms = new Alarms();
  readonly retention: Retention;
  readonly faults: Faults | undefined;
  /** For what a crash or a cut leaves open, such as how much of a pending publish was stored. */
  readonly random: () => number;
  readonly #namespaces = new Map<string, Namespace>();
  /** In the order they were opened. The clock of the first is the server's. */
  readonly #connections = new Set<MemoryConnection>();
  readonly #awake = new Set<Group>();

  constructor(options: MemoryServerOptions) {
    const {
      maxMessages = 100_000,
      maxBytes = 64 * 1024 * 1024,
      maxAgeMs,
      hardLimit,
    } = options.retention ?? {};
    this.retention = { maxMessages, maxBytes, maxAgeMs, hardLimit };
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
      soon(() => {
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

  connect(connection: MemoryConnection): void {
    this.#connections.add(connection);
    if (this.#connections.size === 1) this.alarms.use(connection.clock);
  }

  disconnect(connection: MemoryConnection): void {
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

  /** Looks soon whether this group has something for the members that wait. */
  wake(group: Group): void {
    if (group.waiting.size === 0 && group.missed === 0) return;
    if (this.#awake.size === 0) soon(() => this.#dispatch());
    this.#awake.add(group);
  }

  #dispatch(): void {
    const groups = [...this.#awake];
    this.#awake.clear();
    for (const group of groups) dispatch(group);
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
