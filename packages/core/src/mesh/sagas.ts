/** The sagas of a mesh: checked when they are registered, at work from start to stop. */

import type { Clock } from "../clock/clock.js";
import { ConfigurationError } from "../errors/errors.js";
import { newId } from "../event/ids.js";
import type { Publisher } from "../publish/publisher.js";
import { Meetings } from "../saga/meetings.js";
import { type SagaOperations, sagaOperations } from "../saga/operations.js";
import { collectionOf } from "../saga/records.js";
import { SagaRunner } from "../saga/runner.js";
import type { Saga } from "../saga/saga.js";
import type { Catalog } from "../schema/catalog.js";
import type { Store } from "../store/contract.js";
import { durationMs } from "../util/duration.js";
import type { Logger } from "../util/logger.js";
import type { SagaSettings } from "./options.js";
import { register } from "./registration.js";
import type { Registration } from "./registry.js";

interface Parts {
  readonly service: string;
  readonly catalog: Catalog;
  readonly store: Store | undefined;
  readonly publisher: Publisher;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** An instance may have to wait for two seconds, until all processes know a new way to wait. */
const leastLeaseMs = 5_000;

export class Sagas {
  /** What their groups are subscribed with. */
  readonly registrations: Registration[] = [];
  readonly #parts: Parts;
  readonly #settings: { readonly leaseMs: number; readonly pollMs: number };
  readonly #me: string;
  /** By name, all versions. */
  readonly #sagas: Map<string, Saga[]> = new Map();
  readonly #runners: Map<string, SagaRunner> = new Map();

  constructor(parts: Parts, { lease = "30s", poll = "1s" }: SagaSettings = {}) {
    this.#parts = parts;
    const leaseMs = durationMs(lease, "sagas.lease");
    const pollMs = durationMs(poll, "sagas.poll");
    if (leaseMs < leastLeaseMs || pollMs < 1) throw settingsInvalid();
    this.#settings = { leaseMs, pollMs };
    this.#me = newId(parts.clock.now());
  }

  add(saga: Saga): void {
    const { name, version, startedBy, events } = saga;
    if (this.#parts.store === undefined) throw storeMissing(`Saga "${name}"`);
    for (const definition of [...startedBy, ...events])
      if (this.#parts.catalog.find(definition.type)?.schema !== definition.schema)
        throw notInCatalog(name, definition.type);
    const versions = this.#sagas.get(name) ?? [];
    if (versions.some((one) => one.version === version)) throw duplicate(name, version);
    versions.push(saga);
    versions.sort((one, other) => other.version - one.version);
    this.#sagas.set(name, versions);
  }

  /** All have been added. */
  plan(): void {
    const { store } = this.#parts;
    if (store === undefined) return;
    for (const [name, versions] of this.#sagas) {
      const [newest] = versions as [Saga];
      const runner = this.#runnerOf(newest, versions, store);
      this.#runners.set(name, runner);
      const types = versions.flatMap(({ startedBy, events }) =>
        [...startedBy, ...events].map(({ type }) => type),
      );
      this.registrations.push(
        register(this.#parts, [...new Set(types)], { name: groupName(name) }, (event) =>
          runner.deliver(event),
        ),
      );
    }
  }

  start(): void {
    for (const runner of this.#runners.values()) runner.start();
  }

  async stop(deadline: Promise<void>): Promise<void> {
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop(deadline)));
  }

  operations(): SagaOperations {
    const { store } = this.#parts;
    if (store === undefined) throw storeMissing("mesh.sagas");
    return sagaOperations(store, (name) => this.#runners.get(name));
  }

  #runnerOf(newest: Saga, versions: readonly Saga[], store: Store): SagaRunner {
    const { publisher, clock, logger, service } = this.#parts;
    const { name, patienceMs, retentionMs } = newest;
    const collection = collectionOf(name);
    const { leaseMs, pollMs } = this.#settings;
    const parts = {
      saga: name,
      collection,
      meetings: new Meetings({ store, clock, collection, patienceMs }),
      store,
      publisher,
      clock,
      logger,
      me: this.#me,
      leaseMs,
      retentionMs,
      patienceMs,
      version: (version: number) => versions.find((one) => one.version === version),
    };
    const awaited = new Set(versions.flatMap(({ events }) => events.map(({ type }) => type)));
    return new SagaRunner(parts, { saga: newest, group: `${service}.${groupName(name)}`, awaited, pollMs });
  }
}

const groupName = (saga: string): string => `saga.${saga}`;

function storeMissing(who: string): ConfigurationError {
  return new ConfigurationError(
    "STORE_MISSING",
    `${who} needs a store, and the mesh has none. Give createMesh a \`store\`.`,
  );
}

function settingsInvalid(): ConfigurationError {
  return new ConfigurationError(
    "OPTION_INVALID",
    "sagas: `lease` must be at least 5 seconds, and `poll` a millisecond.",
  );
}

function duplicate(name: string, version: number): ConfigurationError {
  return new ConfigurationError(
    "SAGA_DUPLICATE",
    `The mesh has version ${version} of saga "${name}" already. Give one of the two another name or version.`,
  );
}

function notInCatalog(name: string, type: string): ConfigurationError {
  return new ConfigurationError(
    "SAGA_EVENT_UNKNOWN",
    `Saga "${name}": the catalog of this mesh has no ${type}, or another definition of it. Put the same definition into the catalog.`,
  );
}
