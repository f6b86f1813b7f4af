/** The scanner: scans every artifact that is packaged or published, and tells what it found. */
import { join } from "node:path";
import { artifactPackaged, artifactPublished } from "@meshwright/cdevents";
import { createMesh, defineCatalog, retry } from "@meshwright/core";
import { scanFinished } from "../catalog.js";
import { pipelineBroker } from "../service/broker.js";
import { journal } from "../service/journal.js";
import { stderrLogger as logger } from "../service/logger.js";
import { runService } from "../service/run.js";
import { setting } from "../service/settings.js";
import { scan } from "./scan.js";

const dataFolder = setting("DATA_FOLDER");
const formats = new Set(setting("SCANNER_FORMATS", "github,npm").split(","));
const mesh = createMesh({
  service: "scanner",
  catalog: defineCatalog([artifactPackaged, artifactPublished, scanFinished]),
  broker: pipelineBroker(),
  namespace: setting("NAMESPACE", "pipeline"),
  plugins: [journal(join(dataFolder, "scanner.journal.jsonl"))],
  logger,
});

mesh.on(
  [artifactPackaged.type, artifactPublished.type],
  { from: "earliest", concurrency: 4, timeout: "30s", retry: retry({ delayed: ["250ms", "1s", "5s"] }) },
  async (event, ctx) => {
    const artifactId = event.data.subject.id;
    const { attempt, signal } = ctx;
    const findings = await scan({ artifactId, attempt, formats, signal });
    ctx.publish(scanFinished.type, { artifactId, ...findings }, { subject: artifactId });
  },
);

await runService(mesh);
