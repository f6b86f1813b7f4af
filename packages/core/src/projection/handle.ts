/** What can be asked of a projection, and done to it: the handle that `mesh.projection` returns. */
import type { Clock } from "../clock/clock.js";
import { MeshError } from "../errors/errors.js";
import type { Store, Transaction } from "../store/contract.js";
import { type Duration, durationMs } from "../util/duration.js";
import { type DocumentReader, getFrom, listFrom } from "./documents.js";
import type { Runner } from "./runner.js";
import { goLive, inUse, namesOf, retire, standingOf, versionRead } from "./versions.js";

export interface ProjectionHandle<Document = unknown> {
  readonly name: string;
  readonly version: number;
  /**
   * The documents of this version, once it has caught up for the first time; until then those of the version that is live. Where
   * the shape has changed, code that must not see the old one awaits `ready`.
   *
   * @example const release = await handle.documents.get("2026-11");
   */
  readonly documents: DocumentReader<Document>;
  /**
   * Resolves when all that is committed now is in what `documents` reads, whichever process does the work.
   *
   * @param position - only up to here; not where the events come from a channel
   * @param options - `timeout`, by default "30s"
   * @throws MeshError `PROJECTION_BEHIND`, `PROJECTION_STOPPED`, `MESH_NOT_RUNNING`
   */
  caughtUp(position?: number, options?: { readonly timeout?: Duration }): Promise<void>;
  /**
   * Resolves when this version has caught up for the first time, and `documents` are its own.
   *
   * @param options - `timeout`; by default it waits until the mesh stops
   * @throws MeshError as `caughtUp`
   */
  ready(options?: { readonly timeout?: Duration }): Promise<void>;
  /**
   * Makes this version the live one, also in place of a higher one, and runs its `live`. For going back: first end the processes
   * with the newer code, since a higher version takes over again when one of them starts.
   *
   * @throws MeshError `PROJECTION_NOT_READY`, `PROJECTION_TAKEN`
   */
  goLive(): Promise<void>;
  /**
   * Removes the documents of another version for good, and refuses its number from then on. First end the processes that
   * have it. Your own tables are yours to drop. Returns how many documents there were.
   *
   * @throws MeshError `PROJECTION_IN_USE`, `PROJECTION_TAKEN`
   */
  retire(version: number): Promise<number>;
}

export interface HandleParts {
  readonly runner: Runner;
  readonly store: Store;
  readonly clock: Clock;
}

const defaultTimeout: Duration = "30s";
/** How long to wait before looking at what other processes have done. */
const [firstLookMs, longestLookMs] = [10, 200];

/** Against other transactions, at once. */
const retries = 10;

export function handleOf(parts: HandleParts): ProjectionHandle {
  return new Handle(parts);
}

class Handle implements ProjectionHandle {
  readonly name: string;
  readonly version: number;
  readonly documents: DocumentReader<unknown>;
  readonly #parts: HandleParts;
  /** It has been whole once, and so it stays. */
  #isReady = false;

  constructor(parts: HandleParts) {
    this.#parts = parts;
    const { store, runner } = parts;
    this.name = runner.projection.name;
    this.version = runner.projection.version;
    this.documents = {
      get: async (key) => getFrom(store.documents, await this.#collection(), key),
      list: async (options) => listFrom(store.documents, await this.#collection(), options),
    };
  }

  async caughtUp(
    position?: number,
    { timeout = defaultTimeout }: { readonly timeout?: Duration } = {},
  ): Promise<void> {
    const { runner, store } = this.#parts;
    const timeoutMs = durationMs(timeout, "caughtUp: timeout");
    this.#requireRunning();
    const target = await runner.target(position);
    const reached = async (): Promise<boolean> => {
      const standing = await standingOf(store, this.name);
      return runner.hasReached(target, versionRead(standing, this.version), standing);
    };
    await this.#until(reached, timeoutMs, behind);
  }

  async ready({ timeout }: { readonly timeout?: Duration } = {}): Promise<void> {
    const timeoutMs = timeout === undefined ? undefined : durationMs(timeout, "ready: timeout");
    this.#requireRunning();
    const isReady = async (): Promise<boolean> => {
      await this.#versionRead();
      return this.#isReady;
    };
    await this.#until(isReady, timeoutMs, behind);
  }

  async goLive(): Promise<void> {
    await this.#whenFree((tx) => goLive(tx, this.#parts.runner.projection));
  }

  async retire(version: number): Promise<number> {
    const { name } = this;
    if (version === this.version) throw inUse({ name, version });
    await this.#whenFree((tx) => retire(tx, { name, version }));
    return this.#parts.store.documents.clear(namesOf({ name, version }).documents);
  }

  async #collection(): Promise<string> {
    return namesOf({ name: this.name, version: await this.#versionRead() }).documents;
  }

  async #versionRead(): Promise<number> {
    if (this.#isReady) return this.version;
    const standing = await standingOf(this.#parts.store, this.name);
    this.#isReady = standing.isReady(this.version);
    return versionRead(standing, this.version);
  }

  /** Does it when no other process has the projection. */
  async #whenFree(work: (tx: Transaction) => Promise<boolean>): Promise<void> {
    const { store } = this.#parts;
    const done = (): Promise<boolean> => store.transaction(work, { retries });
    await this.#until(done, durationMs(defaultTimeout, "timeout"), taken);
  }

  async #until(
    condition: () => Promise<boolean>,
    timeoutMs: number | undefined,
    error: (name: string, timeoutMs: number | undefined) => MeshError,
  ): Promise<void> {
    const { clock, runner } = this.#parts;
    let isLate = false;
    const late = (): void => {
      isLate = true;
      runner.moved.notify();
    };
    const cancel = timeoutMs === undefined ? () => undefined : clock.after(timeoutMs, late);
    try {
      for (let waitMs = firstLookMs; ; waitMs = Math.min(2 * waitMs, longestLookMs)) {
        const seen = runner.moved.version;
        if (runner.state === "stopped") throw stopped(this.name);
        if (await condition()) return;
        if (isLate) throw error(this.name, timeoutMs);
        await runner.moved.waitAtMost(seen, waitMs, clock);
      }
    } finally {
      cancel();
    }
  }

  #requireRunning(): void {
    const { state } = this.#parts.runner;
    if (state === "running") return;
    if (state === "stopped") throw stopped(this.name);
    throw new MeshError(
      "MESH_NOT_RUNNING",
      "A projection moves on while its mesh runs. Await mesh.start() first.",
    );
  }
}

function behind(name: string, timeoutMs: number | undefined): MeshError {
  return new MeshError(
    "PROJECTION_BEHIND",
    `Projection "${name}" has not caught up within ${timeoutMs} ms. It goes on: look at mesh.health().projections for where it is and what it fails with, or wait longer.`,
  );
}

function taken(name: string): MeshError {
  return new MeshError(
    "PROJECTION_TAKEN",
    `Other processes have had projection "${name}" the whole time; nothing was done. End those with that version, and try again.`,
  );
}

function stopped(name: string): MeshError {
  return new MeshError(
    "PROJECTION_STOPPED",
    `Projection "${name}" has stopped, with its mesh or because it was retired. Ask a mesh that runs.`,
  );
}
