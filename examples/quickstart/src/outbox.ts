import {
  createMesh,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryDatabase,
  memoryServer,
  memoryStore,
} from "@meshwright/core";

const digested = {
  type: "object",
  required: ["digest"],
  properties: { digest: { type: "string" } },
} as const;
const catalog = defineCatalog([
  defineEvent("com.acme.release.approved.v1", { schema: digested }),
  defineEvent("com.acme.deployment.requested.v1", { schema: digested }),
]);
const [server, database] = [memoryServer(), memoryDatabase()];
const digest = "sha256:1";

// setup
const store = memoryStore({ database }); // or postgresStore({ pool })
const mesh = createMesh({
  service: "releases",
  catalog,
  broker: memoryBroker({ server }),
  store,
  relay: false, // another process does it; leave it out and this one does
});
// end setup

// handler
mesh.on("com.acme.release.approved.v1", { transactional: true }, (event, ctx) => {
  const { client } = ctx.tx; // of PostgreSQL: client.query(…)
  client.set("deployments", Number(client.get("deployments") ?? 0) + 1);
  ctx.publish("com.acme.deployment.requested.v1", { digest: event.data.digest });
});
// end handler

const requested = new Promise<void>((resolve) => {
  mesh.on("com.acme.deployment.requested.v1", { name: "report" }, (event) => {
    console.log(`deploying ${event.data.digest}`);
    resolve();
  });
});
await mesh.start();

// relay
const relay = createMesh({
  service: "releases-relay",
  catalog,
  broker: memoryBroker({ server }),
  store: memoryStore({ database }),
});
await relay.start();
// end relay

// publish
await store.transaction(async (tx) => {
  tx.client.set(digest, "approved");
  await mesh.publish("com.acme.release.approved.v1", { digest }, { tx });
});
// end publish
await requested;

// health
const { outbox } = await relay.health();
const { rows = 0, oldestMs = 0 } = outbox?.backlog ?? {};
if (oldestMs > 60_000) console.error(`${rows} events wait for the broker`, outbox?.relay);
// end health

// prune
const days = 86_400_000;
const forgotten = await store.pruneInbox(Date.now() - 30 * days);
// end prune

// refused
const refused = await store.outbox.refused();
for (const { channel, message, code, reason } of refused) console.error(channel, message.id, code, reason);
await store.outbox.restore(refused.map(({ place }) => place)); // or remove
// end refused

console.log(`${forgotten} forgotten, ${refused.length} refused`);
await mesh.stop();
await relay.stop();
