/** The audit service: stores every event of every channel, in the order of its key, once. */
import { join } from "node:path";
import { createMesh } from "@meshwright/core";
import { pipelineCatalog } from "../catalog.js";
import { pipelineBroker } from "../service/broker.js";
import { journal } from "../service/journal.js";
import { stderrLogger as logger } from "../service/logger.js";
import { runService } from "../service/run.js";
import { setting } from "../service/settings.js";
import { AuditStore } from "./store.js";

const dataFolder = setting("DATA_FOLDER");
const store = await AuditStore.open(join(dataFolder, "audit.jsonl"));
const mesh = createMesh({
  service: "audit",
  catalog: pipelineCatalog,
  broker: pipelineBroker(),
  namespace: setting("NAMESPACE", "pipeline"),
  plugins: [journal(join(dataFolder, "audit.journal.jsonl"))],
  logger,
});

mesh.on(["dev.cdevents.*", "dev.cdeventsx.*", "com.example.*"], { from: "earliest" }, async (event, ctx) => {
  await store.add({ channel: ctx.channel, key: ctx.key, event });
});

await runService(mesh, { closeLast: () => store.close() });
