/** Deciders without a store: given what has happened, when somebody gives a command, then what? */
import type { Decider, MeshEvent } from "@meshwright/core";

/** An event as it matters to a decider. */
export interface GivenEvent {
  readonly type: string;
  readonly data: unknown;
}

export interface Outcome<State> {
  /** What was decided, in order; empty where nothing was. */
  readonly events: readonly GivenEvent[];
  /** The state after it. */
  readonly state: State;
}

export interface Given<State, Command> {
  /** The state after what is given. */
  readonly state: State;
  /** Rejects with what `decide` throws. */
  when(command: Command): Promise<Outcome<State>>;
}

/**
 * Runs a decider on events that are given, as `mesh.execute` would on those of a stream. Nothing is checked against a catalog
 * or lifted: give events of the newest version.
 *
 * @example
 * const { events } = await given(release, [{ type: "com.acme.release.opened.v1", data: { by: "ann" } }]).when({ approve: "bob" });
 * expect(events).toMatchObject([{ type: "com.acme.release.approved.v2", data: { by: "bob" } }]);
 */
export function given<State, Command>(
  decider: Decider<State, Command>,
  events: readonly GivenEvent[] = [],
): Given<State, Command> {
  const fold = (state: State, more: readonly GivenEvent[], from: number): State =>
    more.reduce(
      (now, { type, data }, at) => decider.evolve(now, eventOf(type, data, from + at) as never),
      state,
    );
  const state = fold(decider.initial, events, 1);
  return {
    state,
    async when(command) {
      const decided = eventsIn(await decider.decide(command, state));
      return { events: decided, state: fold(state, decided, events.length + 1) };
    },
  };
}

function eventsIn(decision: unknown): readonly GivenEvent[] {
  if (decision === undefined) return [];
  return (Array.isArray(decision) ? decision : [decision]) as readonly GivenEvent[];
}

function eventOf(type: string, data: unknown, nr: number): MeshEvent {
  return { specversion: "1.0", id: `given ${nr}`, source: "/given", type, data };
}
