/** What flows in a run of sagas: the driver starts each and answers it, each tells of its end. */
import { defineCatalog, defineEvent } from "@meshwright/core";
import type { Step } from "./plan.js";

export const service = "chaos-saga";
export const namespace = "chaos";
export const channel = "events";
export const sagaName = "errand";

/** The group that the saga's events come to. */
export const sagaGroup = `${service}.saga.${sagaName}`;

/** What a saga returns, and tells of. */
export interface Value {
  /** Whether the answer came before the time was over. */
  readonly answered: boolean;
  /** Of each step, what its doing returned that counts. */
  readonly marks: Readonly<Record<Step, string>>;
}

export interface NameData {
  readonly name: string;
}

export interface EndData extends NameData {
  readonly value: Value;
}

const name = { type: "string" } as const;
const named = { schema: { type: "object", required: ["name"], properties: { name } } } as const;
const marks = {
  type: "object",
  required: ["first", "left", "right", "stubborn"],
  properties: { first: name, left: name, right: name, stubborn: name },
} as const;

export const opened = defineEvent("saga.opened.v1", named);
export const answered = defineEvent("saga.answered.v1", named);
export const closed = defineEvent("saga.closed.v1", {
  schema: {
    type: "object",
    required: ["name", "value"],
    properties: {
      name,
      value: {
        type: "object",
        required: ["answered", "marks"],
        properties: { answered: { type: "boolean" }, marks },
      },
    },
  },
});

export const catalog = defineCatalog([opened, answered, closed]);
