import {
  artifactPackaged,
  cdevent,
  cdeventsCatalog,
  changeMerged,
  doraMetrics,
  doraReport,
  incidentDetected,
  incidentResolved,
  serviceDeployed,
  toEntry,
} from "@meshwright/cdevents";
import { createMesh, memoryBroker, memoryStore } from "@meshwright/core";

const [broker, store] = [memoryBroker(), memoryStore()];

// setup
const mesh = createMesh({ service: "metrics", catalog: cdeventsCatalog, broker, store });
const dora = mesh.projection(doraMetrics({ environments: ["production"] }));
await mesh.start();
// end setup

const artifactId = "pkg:oci/shop@sha256%3A0b31";
const environment = { id: "production" };
const said = (id: string, time: string) => ({ id, source: "/ci", timestamp: `2026-03-31T${time}Z` });
await mesh.publishAll([
  toEntry(
    cdevent(changeMerged, { ...said("1", "09:00:00"), subject: { id: "acme/shop/pull/7", content: {} } }),
  ),
  toEntry(
    cdevent(artifactPackaged, {
      ...said("2", "09:20:00"),
      subject: { id: artifactId, content: { change: { id: "acme/shop/pull/7" } } },
    }),
  ),
  toEntry(
    cdevent(serviceDeployed, {
      ...said("3", "10:00:00"),
      subject: { id: "shop", content: { environment, artifactId } },
    }),
  ),
  toEntry(
    cdevent(incidentDetected, {
      ...said("4", "10:10:00"),
      subject: { id: "incident-1", content: { environment, service: { id: "shop" } } },
    }),
  ),
  toEntry(
    cdevent(incidentResolved, {
      ...said("5", "10:30:00"),
      subject: { id: "incident-1", content: { environment } },
    }),
  ),
]);
await dora.caughtUp();

// report
const rows = await doraReport(dora.documents, { service: "shop", from: "2026-W14", to: "2026-W14" });
for (const { week, deployments, changeFailureRate, leadTimeMs, timeToRestoreMs } of rows) {
  console.log(week, deployments, changeFailureRate, leadTimeMs?.median, timeToRestoreMs?.median);
}
// end report

await mesh.stop();
