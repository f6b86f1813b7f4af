/** The gateway: GitHub's webhooks in, typed CDEvents out. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { cdeventsCatalog, type GitHubCdEvent, toEntry } from "@meshwright/cdevents";
import { createMesh } from "@meshwright/core";
import { pipelineBroker } from "../service/broker.js";
import { stderrLogger as logger } from "../service/logger.js";
import { runService } from "../service/run.js";
import { count, setting } from "../service/settings.js";
import { Deliveries } from "./deliveries.js";
import { intake } from "./intake.js";
import { webhookServer } from "./server.js";

const dataFolder = setting("DATA_FOLDER");
const deliveries = await Deliveries.open(join(dataFolder, "deliveries.jsonl"));
const mesh = createMesh({
  service: "gateway",
  catalog: cdeventsCatalog,
  broker: pipelineBroker(),
  namespace: setting("NAMESPACE", "pipeline"),
  logger,
});

const server = webhookServer({
  take: intake({ secret: setting("GITHUB_WEBHOOK_SECRET"), deliveries, publish, logger }),
  maxBodyBytes: count("MAX_BODY_BYTES", 5 * 1024 * 1024),
  healthy: async () => (await mesh.health()).status === "ok",
});

await runService(mesh, {
  open: async () => {
    server.listen(count("PORT", 0), "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return { url: `http://127.0.0.1:${port}/webhooks` };
  },
  closeFirst: () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeIdleConnections();
      // What is being published takes no longer; who still sends then is not waited for.
      setTimeout(() => server.closeAllConnections(), 5_000).unref();
    }),
  closeLast: () => deliveries.close(),
});

/**
 * All events of one delivery, in one batch. What belongs to one commit has one correlation id, that of its chain; events
 * caused by these inherit it.
 */
function publish(events: readonly GitHubCdEvent[]): Promise<unknown> {
  const entries = events.map((event) =>
    toEntry(event, { correlationid: event.context.chainId ?? event.context.id }),
  );
  return mesh.publishAll(entries);
}
