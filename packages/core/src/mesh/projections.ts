/** The projections of a mesh: checked when they are registered, begun and ended with it. */
import { ConfigurationError } from "../errors/errors.js";
import { ChannelRunner } from "../projection/channel-runner.js";
import { handleOf, type ProjectionHandle } from "../projection/handle.js";
import { type ProjectionHealth, projectionHealth } from "../projection/health.js";
import { LogRunner } from "../projection/log-runner.js";
import type { Projection } from "../projection/projection.js";
import type { Runner, RunnerParts } from "../projection/runner.js";
import type { Store } from "../store/contract.js";
import { checkPattern, register } from "./registration.js";
import type { Registration } from "./registry.js";

type Parts = Omit<RunnerParts, "store"> & { readonly store: Store | undefined };

export class Projections {
  /** What the groups of those that come from channels are subscribed with. */
  readonly registrations: Registration[] = [];
  readonly #runners: Runner[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  add(projection: Projection): ProjectionHandle {
    const { name, on } = projection;
    const { store, clock, catalog } = this.#parts;
    if (store === undefined) throw storeMissing(name);
    if (this.#runners.some((runner) => runner.projection.name === name)) throw duplicate(name);
    for (const type of Object.keys(on)) checkPattern(catalog, type);
    const runner = this.#runnerOf(projection, { ...this.#parts, store });
    this.#runners.push(runner);
    return handleOf({ runner, store, clock });
  }

  /** With the store and the broker open, before any group is subscribed. */
  async begin(): Promise<void> {
    for (const runner of this.#runners) await runner.begin();
  }

  start(): void {
    for (const runner of this.#runners) runner.start();
  }

  async stop(deadline: Promise<void>): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.stop(deadline)));
  }

  /** Never rejects. */
  async health(groups: readonly GroupLag[]): Promise<readonly ProjectionHealth[]> {
    const { store, clock } = this.#parts;
    if (store === undefined) return [];
    const lagOf = (runner: Runner): number | undefined =>
      groups.find(({ group }) => group === runner.group)?.lag;
    const parts = { store, now: () => clock.now(), lagOf };
    return Promise.all(this.#runners.map((runner) => projectionHealth(runner, parts)));
  }

  #runnerOf(projection: Projection, parts: RunnerParts): Runner {
    const { from } = projection;
    if (typeof from === "string" || "category" in from) return new LogRunner(projection, parts);
    const runner = new ChannelRunner(projection, parts);
    this.registrations.push(this.#registration(runner, from.channel));
    return runner;
  }

  #registration({ projection, handle }: ChannelRunner, channel: string): Registration {
    const { name, version, on, timeoutMs } = projection;
    const { broker, catalog } = this.#parts;
    const { inspection, startPositions, keyOrder } = broker.capabilities;
    if (!inspection) throw cannot(name, "tell how many events a group has before it");
    if (!startPositions.includes("earliest")) throw cannot(name, "begin with the oldest event");
    if (!keyOrder) throw cannot(name, "keep the order of a key");
    for (const type of Object.keys(on)) {
      const travels = catalog.select([type]).some((arriving) => catalog.find(arriving)?.channel === channel);
      if (!travels) throw notOn(name, type, channel);
    }
    const options = {
      name: `${name}.v${version}`,
      transactional: true,
      from: "earliest",
      ordering: "key",
      timeout: timeoutMs,
    } as const;
    return { ...register(this.#parts, Object.keys(on), options, handle), channels: [channel] };
  }
}

interface GroupLag {
  readonly group: string;
  readonly lag: number;
}

function storeMissing(name: string): ConfigurationError {
  return new ConfigurationError(
    "STORE_MISSING",
    `Projection "${name}" needs a store, and the mesh has none. Give createMesh a \`store\`.`,
  );
}

function duplicate(name: string): ConfigurationError {
  return new ConfigurationError(
    "PROJECTION_DUPLICATE",
    `The mesh has a projection "${name}" already. Give one of the two another name; another version of it belongs into another process.`,
  );
}

function cannot(name: string, what: string): ConfigurationError {
  return new ConfigurationError(
    "CAPABILITY_MISSING",
    `Projection "${name}" is from a channel of a broker that cannot ${what}. Choose a broker that can, or build it from the store.`,
  );
}

function notOn(name: string, type: string, channel: string): ConfigurationError {
  return new ConfigurationError(
    "PROJECTION_CHANNEL",
    `Projection "${name}" is from channel "${channel}", on which ${type} does not travel. See \`channel\` of its definition.`,
  );
}
