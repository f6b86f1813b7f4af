import type { MeshEvent } from "@meshwright/core";
import { artifactPackaged, artifactPublished } from "../vocabulary/artifact.js";
import { changeCreated, changeMerged } from "../vocabulary/change.js";
import type { CdEventOf } from "../vocabulary/definition.js";
import { incidentDetected, incidentReported, incidentResolved } from "../vocabulary/incident.js";
import { serviceDeployed, serviceRolledBack, serviceUpgraded } from "../vocabulary/service.js";
import { deployed, incidentKnown, rolledBack } from "./apply.js";
import type { DoraDocuments } from "./documents.js";
import {
  artifactFact,
  beganFact,
  createdFact,
  mergedFact,
  packagedFact,
  resolvedFact,
  serviceFact,
} from "./facts.js";
import { artifactKnown, changeKnown } from "./links.js";
import type { Reading } from "./reading.js";

/** The events that count. */
export type DoraDefinition =
  | typeof changeCreated
  | typeof changeMerged
  | typeof artifactPackaged
  | typeof artifactPublished
  | typeof serviceDeployed
  | typeof serviceUpgraded
  | typeof serviceRolledBack
  | typeof incidentDetected
  | typeof incidentReported
  | typeof incidentResolved;

type EventOf<Definition> = Definition extends DoraDefinition
  ? MeshEvent<Definition["type"], CdEventOf<Definition>>
  : never;

/** An event that counts, as handlers get it. */
export type DoraEvent = EventOf<DoraDefinition>;

/** What handlers have beside the event. */
interface Context {
  readonly documents: DoraDocuments;
}

/** What each event does to the documents. */
export type DoraHandlers = {
  readonly [Definition in DoraDefinition as Definition["type"]]: (
    event: EventOf<Definition>,
    context: Context,
  ) => Promise<void>;
};

/** The one place that says which event counts as what. */
export function doraHandlers(reading: Reading): DoraHandlers {
  return {
    [changeCreated.type]: ({ data }, to) => apply(to, changeKnown, createdFact(data, reading)),
    [changeMerged.type]: ({ data }, to) => apply(to, changeKnown, mergedFact(data, reading)),
    [artifactPackaged.type]: ({ data }, to) => apply(to, artifactKnown, packagedFact(data, reading)),
    [artifactPublished.type]: ({ data }, to) => apply(to, artifactKnown, artifactFact(data)),
    [serviceDeployed.type]: ({ data }, to) => apply(to, deployed, serviceFact(data, reading)),
    [serviceUpgraded.type]: ({ data }, to) => apply(to, deployed, serviceFact(data, reading)),
    [serviceRolledBack.type]: ({ data }, to) => apply(to, rolledBack, serviceFact(data, reading)),
    [incidentDetected.type]: ({ data }, to) => apply(to, incidentKnown, beganFact(data, reading)),
    [incidentReported.type]: ({ data }, to) => apply(to, incidentKnown, beganFact(data, reading)),
    [incidentResolved.type]: ({ data }, to) => apply(to, incidentKnown, resolvedFact(data, reading)),
  };
}

async function apply<Fact>(
  { documents }: Context,
  change: (documents: DoraDocuments, fact: Fact) => Promise<void>,
  fact: Fact | undefined,
): Promise<void> {
  if (fact !== undefined) await change(documents, fact);
}
