/**
 * What the pipeline promises, in terms of events alone: which service handles what, and what must follow from what.
 * The check compares it with what happened; nothing here asks the services.
 */
import {
  artifactPackaged,
  artifactPublished,
  type CdEvent,
  changeMerged,
  pipelineRunFinished,
  serviceDeployed,
} from "@meshwright/cdevents";
import type { MeshEvent } from "@meshwright/core";
import { scanFinished } from "../catalog.js";

/** The groups, and whether each handles events of a type. */
export const groups: Readonly<Record<string, (type: string) => boolean>> = {
  audit: () => true,
  scanner: (type) => type === artifactPackaged.type || type === artifactPublished.type,
  release: (type) =>
    type === changeMerged.type || type === pipelineRunFinished.type || type === scanFinished.type,
};

/** One thing that must have happened exactly once, and the stored events that say it did. */
export interface Effect {
  readonly what: string;
  readonly events: readonly MeshEvent[];
}

/**
 * What must have followed from the stored events.
 *
 * @param given up tells of events that a group put on its dead-letter shelf
 */
export function effects(events: readonly MeshEvent[], givenUp: (event: MeshEvent) => boolean): Effect[] {
  const artifacts = events.filter(({ type }) => groups["scanner"]?.(type));
  const scans = artifacts
    .filter((artifact) => !givenUp(artifact))
    .map((artifact) => effectOf("a scan", scanFinished.type, artifact, events));
  const packages = releasableChains(events).map((chain) => ({
    what: `the package of commit chain ${chain}`,
    events: events.filter((event) => event.type === artifactPackaged.type && chainOf(event) === chain),
  }));
  const ours = new Set(packages.flatMap((effect) => effect.events.map(({ id }) => id)));
  const clean = scans
    .flatMap((effect) => effect.events)
    .filter((scan) => ours.has(scan.causationid ?? "") && Reflect.get(Object(scan.data), "critical") === 0);
  const deployments = clean.map((scan) => effectOf("a deployment", serviceDeployed.type, scan, events));
  return [...scans, ...packages, ...deployments];
}

function effectOf(what: string, type: string, cause: MeshEvent, events: readonly MeshEvent[]): Effect {
  return {
    what: `${what} because of ${cause.type} ${cause.id}`,
    events: events.filter((event) => event.type === type && event.causationid === cause.id),
  };
}

/** The chains of merged commits whose pipeline succeeded. */
function releasableChains(events: readonly MeshEvent[]): string[] {
  const chains = (type: string, fits: (event: MeshEvent) => boolean): string[] =>
    events.filter((event) => event.type === type && fits(event)).map((event) => chainOf(event) ?? "");
  const merged = new Set(chains(changeMerged.type, () => true));
  const green = new Set(chains(pipelineRunFinished.type, (event) => outcomeOf(event) === "success"));
  return [...merged].filter((chain) => chain !== "" && green.has(chain));
}

/** The commit chain of a CDEvent; undefined for other events. */
export function chainOf({ data }: MeshEvent): string | undefined {
  return cdeventOf(data)?.context.chainId;
}

function outcomeOf({ data }: MeshEvent): unknown {
  return Reflect.get(Object(cdeventOf(data)?.subject.content), "outcome");
}

function cdeventOf(data: unknown): CdEvent | undefined {
  return typeof data === "object" && data !== null && "context" in data ? (data as CdEvent) : undefined;
}
