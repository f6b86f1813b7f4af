/** The events of rollouts: what starts one, what stops it, and what it tells. Each is about a build of a service. */
import { type DefinedCatalog, defineCatalog, defineEvent, type EventDefinition } from "@meshwright/core";

/** A version of a service, as it was built. */
export interface Build {
  readonly service: string;
  readonly version: string;
}

export interface BuildReached extends Build {
  /** Percent of the traffic. */
  readonly weight: number;
}

export interface BuildPaused extends BuildReached {
  readonly for: "approval" | "freeze";
  /** When the freeze ends; RFC 3339. */
  readonly until?: string;
}

export interface BuildRefused extends Build {
  readonly reason: string;
}

export interface Breach extends Build {
  /** What was promised: "errors below 5 %". */
  readonly objective: string;
  readonly measured: number;
}

const text = { type: "string", minLength: 1 } as const;
const number = { type: "number" } as const;
const weight = { type: "integer", minimum: 0, maximum: 100 } as const;
const build = { service: text, version: text } as const;

/** Builds of one service keep their order. */
const key = (event: { readonly data: Build }): string => event.data.service;

export const releasePublished: EventDefinition<"com.example.release.published.v1", Build> = defineEvent(
  "com.example.release.published.v1",
  {
    schema: { type: "object", required: ["service", "version"], properties: build },
    key,
    description: "A build is to be rolled out.",
  },
);

export const sloBreached: EventDefinition<"com.example.slo.breached.v1", Breach> = defineEvent(
  "com.example.slo.breached.v1",
  {
    schema: {
      type: "object",
      required: ["service", "version", "objective", "measured"],
      properties: { ...build, objective: text, measured: number },
    },
    key,
    description: "A build does not keep what its service promises.",
  },
);

export const rolloutStepReached: EventDefinition<"com.example.rollout.step.reached.v1", BuildReached> =
  defineEvent("com.example.rollout.step.reached.v1", {
    schema: {
      type: "object",
      required: ["service", "version", "weight"],
      properties: { ...build, weight },
    },
    key,
    description: "A build has this share of the traffic now.",
  });

export const rolloutPaused: EventDefinition<"com.example.rollout.paused.v1", BuildPaused> = defineEvent(
  "com.example.rollout.paused.v1",
  {
    schema: {
      type: "object",
      required: ["service", "version", "weight", "for"],
      properties: {
        ...build,
        weight,
        for: { enum: ["approval", "freeze"] },
        until: { type: "string", format: "date-time" },
      },
    },
    key,
    description: "A rollout waits before it goes on to this weight.",
  },
);

export const rolloutFinished: EventDefinition<"com.example.rollout.finished.v1", Build> = defineEvent(
  "com.example.rollout.finished.v1",
  {
    schema: { type: "object", required: ["service", "version"], properties: build },
    key,
    description: "A build has all the traffic, and has kept its promises.",
  },
);

export const rolloutRolledBack: EventDefinition<"com.example.rollout.rolledback.v1", BuildRefused> =
  defineEvent("com.example.rollout.rolledback.v1", {
    schema: {
      type: "object",
      required: ["service", "version", "reason"],
      properties: { ...build, reason: { type: "string" } },
    },
    key,
    description: "A build has no traffic any more.",
  });

/** All of them, for a mesh, or for a part of its catalog. */
export const rolloutCatalog: DefinedCatalog<
  | typeof releasePublished
  | typeof sloBreached
  | typeof rolloutStepReached
  | typeof rolloutPaused
  | typeof rolloutFinished
  | typeof rolloutRolledBack,
  never
> = defineCatalog([
  releasePublished,
  sloBreached,
  rolloutStepReached,
  rolloutPaused,
  rolloutFinished,
  rolloutRolledBack,
]);
