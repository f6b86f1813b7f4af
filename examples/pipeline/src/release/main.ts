/**
 * The release service: packages a commit when it is merged and its pipeline has succeeded, and deploys what was
 * packaged when its scan finds nothing critical. Each step is caused by an event and is an event again.
 */
import { join } from "node:path";
import { changeMerged, pipelineRunFinished } from "@meshwright/cdevents";
import { createMesh } from "@meshwright/core";
import { pipelineCatalog, scanFinished } from "../catalog.js";
import { pipelineBroker } from "../service/broker.js";
import { journal } from "../service/journal.js";
import { stderrLogger as logger } from "../service/logger.js";
import { runService } from "../service/run.js";
import { setting } from "../service/settings.js";
import { type CommitEvent, Commits } from "./commits.js";
import { deployed, packaged } from "./events.js";

const dataFolder = setting("DATA_FOLDER");
const commits = new Commits();
let historyIsRead = (): void => undefined;
const rebuilt = new Promise<void>((resolve) => {
  historyIsRead = resolve;
});
const mesh = createMesh({
  service: "release",
  catalog: pipelineCatalog,
  broker: pipelineBroker(),
  namespace: setting("NAMESPACE", "pipeline"),
  plugins: [journal(join(dataFolder, "release.journal.jsonl"))],
  logger,
});

mesh.on([changeMerged.type, pipelineRunFinished.type], { from: "earliest" }, async (event, ctx) => {
  await rebuilt;
  const commit = commits.fold(event);
  if (commit === undefined) return;
  const { type, data, options } = packaged(commit);
  ctx.publish(type, data, options);
});

mesh.on(scanFinished.type, { from: "earliest" }, async (event, ctx) => {
  await rebuilt;
  const commit = commits.of(event.data.artifactId);
  if (commit === undefined || event.data.critical > 0) return;
  const { type, data, options } = deployed(commit, event);
  ctx.publish(type, data, options);
});

await runService(mesh, {
  // The read model lives in this one process, and history brings it back; handlers wait until it is there. To run
  // several processes of this service, keep it in a store that they share.
  open: async () => {
    const types = [changeMerged.type, pipelineRunFinished.type];
    const request = { channel: "events", from: "earliest", where: { type: types } } as const;
    await mesh.replay(request, (event) => commits.fold(event as CommitEvent));
    historyIsRead();
    return {};
  },
});
