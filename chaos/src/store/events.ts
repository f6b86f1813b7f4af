/**
 * What flows in a run on a store. A writer commits rows of the service's own with events that tell of them. Two groups handle
 * each of these; each publishes one more, its echo, which a third group handles.
 */
import { defineCatalog, defineEvent } from "@meshwright/core";

export const service = "chaos-store";
export const namespace = "chaos";
export const channel = "events";

/** What every event says: which one it is, and the key that it is in order within. */
export interface EventData {
  readonly name: string;
  readonly key: string;
  readonly padding: string;
}

const named = {
  schema: {
    type: "object",
    required: ["name", "key", "padding"],
    properties: { name: { type: "string" }, key: { type: "string" }, padding: { type: "string" } },
  },
} as const;

export const written = "store.written.v1";
export const echoed = "store.echoed.v1";

export const catalog = defineCatalog([defineEvent(written, named), defineEvent(echoed, named)]);

/** Those that echo, and the one that hears the echoes. */
export const groups = ["north", "south"] as const;
export const hearing = "echo" as const;

export type Group = (typeof groups)[number] | typeof hearing;

export const brokerGroup = (group: Group): string => `${service}.${group}`;

/** The name of a row's event, whatever its id: the same in every run with the same seed. */
export const nameOf = (row: string, at: number): string => `${row}/${at}`;

/** The name of what a group publishes when it handles an event of this name. */
export const echoOf = (group: Group, name: string): string => `${group} ${name}`;
