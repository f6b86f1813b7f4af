import { failureOf } from "../consume/outcome.js";
import type { Store } from "../store/contract.js";
import type { Runner } from "./runner.js";
import { type Standing, standingOf } from "./versions.js";

/** How a projection is doing. What all processes share is read from the store; failures are those of this process. */
export interface ProjectionHealth {
  readonly name: string;
  /** The one that this process builds and feeds. */
  readonly version: number;
  /** The version that is live; undefined before the first one is. */
  readonly live: number | undefined;
  /**
   * "building" until it has caught up for the first time; then "live", or "standby" where another version is. "failing" while it
   * stands still. "stopped" with the mesh, or because it was retired.
   */
  readonly state: "building" | "live" | "standby" | "failing" | "stopped";
  /** In the log of the store; undefined for a channel. */
  readonly position: number | undefined;
  /** How many events it has not looked at yet; for a channel, what its group has not settled. Undefined where nobody can tell. */
  readonly lag: number | undefined;
  readonly error?: ProjectionError;
}

/** Why it stands still. Names and numbers only: never what an event says. */
export interface ProjectionError {
  readonly code: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Where the event stands that it fails at, where it is one. */
  readonly position?: number;
  readonly stream?: string;
  /** Of the event, in its stream. */
  readonly version?: number;
  readonly type?: string;
}

export interface HealthParts {
  readonly store: Store;
  now(): number;
  /** What the group of a version has not settled. */
  lagOf(runner: Runner): number | undefined;
}

/** Never rejects: not being able to tell is an answer. */
export async function projectionHealth(runner: Runner, parts: HealthParts): Promise<ProjectionHealth> {
  const { name, version, from } = runner.projection;
  const unknown = { name, version, live: undefined, position: undefined, lag: undefined };
  if (runner.state !== "running") return { ...unknown, state: "stopped" };
  try {
    const standing = await standingOf(parts.store, name);
    const live = standing.live === 0 ? undefined : standing.live;
    const error = errorOf(runner, standing.position(version));
    const state = error === undefined ? stateOf(standing, version) : "failing";
    const isChannel = typeof from === "object" && "channel" in from;
    const position = isChannel ? undefined : standing.position(version);
    const lag =
      position === undefined
        ? parts.lagOf(runner)
        : Math.max(0, (await parts.store.streams.head()) - position);
    return { name, version, live, state, position, lag, ...(error && { error }) };
  } catch (error) {
    const { code } = failureOf("failed", error);
    return { ...unknown, state: "failing", error: { code, since: parts.now() } };
  }
}

function stateOf({ live, isReady }: Standing, version: number): ProjectionHealth["state"] {
  if (live === version) return "live";
  return isReady(version) ? "standby" : "building";
}

/** An event that another process has got past is no failure any more. */
function errorOf({ failure }: Runner, position: number): ProjectionError | undefined {
  if (failure === undefined) return undefined;
  const { code, since, event } = failure;
  if (event === undefined) return { code, since };
  return event.position <= position ? undefined : { code, since, ...event };
}
