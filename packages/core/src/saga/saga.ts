/**
 * Sagas: durable functions that speak events. This folder holds `saga`, what a running one can do (`run.ts`), its journal
 * (`journal.ts`), and how a function is brought back to where it was (`execution.ts`). What one is told, and what follows from
 * that, is one transaction (`activation.ts`); `runner.ts` does the work of a process. Everything that is kept is documents of the
 * store (`records.ts`, `meetings.ts`). The folder may import `publish`, `consume`, `store` and what is below.
 */
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { DataByType, EventOf } from "../schema/by-type.js";
import type { AnyEventDefinition } from "../schema/definition.js";
import { type Duration, durationMs } from "../util/duration.js";
import type { Run } from "./run.js";

/** What becomes of an event that starts a saga where there is one of its key already. */
export type StartPolicy = "ignore" | "reject" | "supersede";

export interface SagaOptions<Started extends AnyEventDefinition, Awaited extends AnyEventDefinition> {
  /** The event that starts one, or several. */
  readonly startedBy: Started | readonly Started[];
  /** Names the instance: there is one for each key. */
  readonly key: (event: EventOf<Started>) => string;
  /** What it may wait for. */
  readonly events?: readonly Awaited[];
  /**
   * A whole number from 1; default 1. An instance stays with the version that it began with: give the mesh all versions that have
   * running instances. New ones begin with the highest.
   */
  readonly version?: number;
  /**
   * Where an instance of the key is there, running or ended: "ignore" passes the event over, "reject" makes it a dead letter,
   * "supersede" cancels the one that runs and starts anew when its compensations are done. Default "ignore".
   */
  readonly again?: StartPolicy;
  /** How long an ended instance is kept, and its key taken. Default "30d". */
  readonly retention?: Duration;
  /** How long an event that nobody waits for is kept for those that may begin to. Default "1m". */
  readonly patience?: Duration;
}

export type SagaBody<Started extends AnyEventDefinition, Awaited extends AnyEventDefinition> = (
  run: Run<Awaited, DataByType<Started>[Started["type"]]>,
  start: EventOf<Started>,
) => unknown;

/** A saga, as `mesh.saga` takes it. Made by `saga`. */
export interface Saga<out Started extends AnyEventDefinition = AnyEventDefinition> {
  readonly name: string;
  readonly version: number;
  readonly startedBy: readonly Started[];
  readonly events: readonly AnyEventDefinition[];
  readonly again: StartPolicy;
  readonly retentionMs: number;
  readonly patienceMs: number;
  key(event: MeshEvent): string;
  body(run: Run<AnyEventDefinition>, start: MeshEvent): unknown;
}

/**
 * Defines a saga: an async function that is kept at work over crashes, restarts and months. It does all that is not computation
 * through `run`, so that it can be done again from its journal, with the same outcome.
 *
 * @param name - 1 to 100 of A-Z, a-z, 0-9, ".", "_" and "-"; of one saga in a store
 * @throws ConfigurationError `SAGA_INVALID`, `DURATION_INVALID`
 * @example
 * export const approval = saga(
 *   "release-approval",
 *   { startedBy: releaseCreated, key: (event) => event.data.id, events: [releaseApproved] },
 *   async (run, start) => {
 *     await run.step("notify", () => chat.post(`Release ${start.data.id} waits for you`));
 *     const approved = await run.waitFor(releaseApproved, { where: { subject: start.data.id }, timeout: "2d" });
 *     if (!approved) return run.fail("nobody approved");
 *     await run.publish(releaseStarted, { id: start.data.id });
 *   },
 * );
 */
export function saga<
  const Started extends AnyEventDefinition,
  const Awaited extends AnyEventDefinition = never,
>(name: string, options: SagaOptions<Started, Awaited>, body: SagaBody<Started, Awaited>): Saga<Started> {
  const { startedBy, events = [], version = 1, again = "ignore" } = options;
  if (!/^[\w.-]{1,100}$/.test(name))
    throw invalid(name, 'its name is 1 to 100 of A-Z, a-z, 0-9, ".", "_" and "-"');
  if (!Number.isInteger(version) || version < 1) throw invalid(name, "`version` is a whole number from 1");
  if (!["ignore", "reject", "supersede"].includes(again))
    throw invalid(name, '`again` is "ignore", "reject" or "supersede"');
  const starting = Array.isArray(startedBy) ? (startedBy as readonly Started[]) : [startedBy as Started];
  if (starting.length === 0) throw invalid(name, "`startedBy` is empty");
  return {
    name,
    version,
    startedBy: starting,
    events,
    again,
    retentionMs: durationMs(options.retention ?? "30d", `saga ${name}: retention`),
    patienceMs: durationMs(options.patience ?? "1m", `saga ${name}: patience`),
    key: options.key as Saga["key"],
    body: body as unknown as Saga["body"],
  };
}

function invalid(name: string, what: string): ConfigurationError {
  return new ConfigurationError("SAGA_INVALID", `Saga "${name}": ${what}.`);
}
