/**
 * Deciders: a stream's events are its state, and a command is answered by more of them. Three pure functions say how; the mesh
 * reads, decides, appends, and does it again when somebody else was faster. This folder may import the layers below.
 */
import type { PublishEntryFor } from "../publish/entries.js";
import type { Catalog } from "../schema/catalog.js";
import type { EventFor, EventTypes } from "../schema/event-types.js";

/** When the state of a stream is kept, so that not all of its events have to be read. */
export interface SnapshotPolicy {
  /** Names the snapshots in the store: one for all processes, and none of two deciders. */
  readonly name: string;
  /** After so many events that are in no snapshot. Default 100. */
  readonly every?: number;
  /** Change it when the state means something else: older snapshots are not looked at any more. Default 1. */
  readonly version?: number;
}

export interface DeciderDefinition<C extends Catalog, State, Command> {
  /** What events there are, for the types. */
  readonly catalog?: C;
  /** The state of a stream without events. It is shared: `evolve` returns a new one, and does not change what it gets. */
  readonly initial: State;
  /** The state after one more event. Called for each event of the stream, as its newest version. No side effects. */
  evolve(state: State, event: EventFor<C, "*">): State;
  /**
   * What happens because of a command: events, or nothing. To refuse it, throw. No side effects: after a conflict it is
   * called again.
   */
  decide(command: Command, state: State): Decision<C> | Promise<Decision<C>>;
  /** Publishes the events as well, through the outbox of the same transaction. Default false. */
  readonly publish?: boolean;
  /** The state is JSON then. Default: none. */
  readonly snapshot?: SnapshotPolicy;
}

export type Decision<C extends Catalog> = PublishEntryFor<C> | readonly PublishEntryFor<C>[] | undefined;

/** @typeParam Type - the events it knows; "never" where it was defined without a catalog */
export interface Decider<State, Command, out Type extends string = string> {
  readonly initial: State;
  readonly publish: boolean;
  readonly snapshot: Required<SnapshotPolicy> | undefined;
  evolve(state: State, event: never): State;
  decide(command: Command, state: State): unknown;
  /** Only a type: absent at run time. */
  readonly "~type"?: Type;
}

/** Those that the compiler knows. */
export type KnownTypes<C extends Catalog> = string extends EventTypes<C> ? never : EventTypes<C>;

/**
 * Defines a decider, for `mesh.execute`.
 *
 * @example
 * const release = decider({
 *   catalog,
 *   initial: { approved: false },
 *   evolve: (state, event) => (event.type === "com.acme.release.approved.v1" ? { approved: true } : state),
 *   decide: (command: { approve: string }, state) =>
 *     state.approved ? [] : [{ type: "com.acme.release.approved.v1", data: { by: command.approve } }],
 * });
 */
export function decider<State, Command, C extends Catalog = Catalog>(
  definition: DeciderDefinition<C, State, Command>,
): Decider<State, Command, KnownTypes<C>> {
  const { snapshot } = definition;
  return {
    initial: definition.initial,
    publish: definition.publish ?? false,
    snapshot: snapshot && { every: 100, version: 1, ...snapshot },
    evolve: (state, event) => definition.evolve(state, event),
    decide: (command, state) => definition.decide(command, state),
  };
}
