/** What must and must not compile. Checked by the compiler, never run. */
import { createMesh, defineCatalog, type MeshEvent, memoryBroker } from "@meshwright/core";
import {
  type CdEvent,
  type CdEventDefinition,
  type CdEventOf,
  cdevent,
  cdeventsCatalog,
  cdeventsVocabulary,
  changeCreated,
  changeMerged,
  type DoraWeek,
  defineCdEvent,
  doraMetrics,
  doraReport,
  type GitHubCdEvent,
  nonEmptyText,
  oneOf,
  optional,
  pipelineRunFinished,
  serviceDeployed,
  text,
  toPublish,
} from "../src/index.js";

const where = { id: "1", source: "/s", timestamp: "2026-11-02T09:00:00Z" };
const mesh = createMesh({ service: "release", catalog: cdeventsCatalog, broker: memoryBroker() });

// Handlers get the whole CDEvent, typed by its name.
mesh.on("dev.cdevents.change.created.0.4.0", (event) => {
  const description: string | undefined = event.data.subject.content.description;
  const type: "dev.cdevents.change.created.0.4.0" = event.data.context.type;
  // @ts-expect-error a change has no such field
  event.data.subject.content.titel;
  return void [description, type];
});

// The type in the context tells which of several it is.
mesh.on("dev.cdevents.pipelinerun.*", ({ data }) => {
  if (data.context.type !== "dev.cdevents.pipelinerun.started.0.3.0") return;
  const url: `0.5.${number}` = data.context.specversion;
  return void url;
});

// @ts-expect-error no such event in the vocabulary
mesh.on("dev.cdevents.change.created.0.5.0", () => {});

// What a translator gives can be published as it is.
declare const translated: GitHubCdEvent;
const { type, data, options } = toPublish(translated);
void mesh.publish(type, data, options);

void mesh.publish(
  "dev.cdevents.change.merged.0.3.0",
  // @ts-expect-error the data of another event
  cdevent(changeCreated, { ...where, subject: { id: "1", content: {} } }),
);

cdevent(changeMerged, { ...where, subject: { id: "1", content: { repository: { id: "acme/shop" } } } });
// @ts-expect-error content is closed
cdevent(changeMerged, { ...where, subject: { id: "1", content: { repo: { id: "acme/shop" } } } });
// @ts-expect-error a deployed service runs somewhere
cdevent(serviceDeployed, { ...where, subject: { id: "1", content: { artifactId: "pkg:a/b@1" } } });
// @ts-expect-error no such outcome
cdevent(pipelineRunFinished, { ...where, subject: { id: "1", content: { outcome: "passed" } } });
// @ts-expect-error an event has an id
cdevent(changeMerged, { source: "/s", timestamp: "", subject: { id: "1", content: {} } });

// The events of a definition, and catalogs of one's own.
export type Merged = CdEventOf<typeof changeMerged>;
export const merged: Merged extends CdEvent<"dev.cdevents.change.merged.0.3.0"> ? true : false = true;
defineCatalog([...cdeventsVocabulary]);
defineCatalog([cdeventsCatalog]);
export type Handled = MeshEvent<"dev.cdevents.change.merged.0.3.0", Merged>;

interface Quota {
  readonly used: string;
  readonly level?: "low" | "high";
}
type QuotaExceeded = CdEventDefinition<"dev.cdeventsx.harbor-quota.exceeded.0.1.0", Quota>;
const quota = "dev.cdeventsx.harbor-quota.exceeded.0.1.0";
export const good: QuotaExceeded = defineCdEvent(quota, "", {
  used: text,
  level: optional(oneOf("low", "high")),
});
export const loose: QuotaExceeded = defineCdEvent(quota, "", {
  // @ts-expect-error the schema says optional, the interface does not
  used: optional(text),
  level: optional(oneOf("low", "high")),
});
// @ts-expect-error the schema lacks a field
export const short: QuotaExceeded = defineCdEvent(quota, "", { used: text });
export const long: QuotaExceeded = defineCdEvent(quota, "", {
  used: text,
  level: optional(oneOf("low", "high")),
  // @ts-expect-error the schema has a field more
  x: text,
});
// @ts-expect-error the schema allows other values
export const wide: QuotaExceeded = defineCdEvent(quota, "", { used: text, level: optional(nonEmptyText) });
// @ts-expect-error not a CDEvents type
defineCdEvent("com.acme.quota", "", {});

// DORA metrics: the catalog of the mesh has to have their events.
const dora = mesh.projection(doraMetrics());
const rows: Promise<readonly DoraWeek[]> = doraReport(dora.documents);
const few = createMesh({ service: "few", catalog: defineCatalog([changeMerged]), broker: memoryBroker() });
// @ts-expect-error it lacks deployments and incidents
few.projection(doraMetrics());
void rows;
