import {
  createMesh,
  decider,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryStore,
  projection,
  typed,
} from "@meshwright/core";

const titled = { type: "object", required: ["title"], properties: { title: { type: "string" } } } as const;
const by = { type: "object", required: ["by"], properties: { by: { type: "string" } } } as const;
const catalog = defineCatalog([
  defineEvent("com.acme.release.opened.v1", { schema: titled }),
  defineEvent("com.acme.release.approved.v1", { schema: by }),
]);

type Command =
  | { readonly do: "open"; readonly title: string }
  | { readonly do: "approve"; readonly by: string };
const release = decider({
  catalog,
  initial: undefined,
  evolve: (state) => state,
  decide: (command: Command) =>
    command.do === "open"
      ? { type: "com.acme.release.opened.v1", data: { title: command.title } }
      : { type: "com.acme.release.approved.v1", data: { by: command.by } },
});

// define
interface Release {
  readonly title: string;
  readonly approvedBy: readonly string[];
}

const releases = projection("releases", {
  catalog, // that of the mesh, or a part of it
  version: 1,
  from: { category: "release" }, // default: the events of all streams
  document: typed<Release>(),
  on: {
    "com.acme.release.opened.v1": (event, { documents, stream }) =>
      documents.set(stream, { title: event.data.title, approvedBy: [] }),
    "com.acme.release.approved.v1": (event, { documents, stream }) =>
      documents.update(stream, (found) => ({
        title: found?.title ?? "",
        approvedBy: [...(found?.approvedBy ?? []), event.data.by],
      })),
  },
});
// end define

// use
const store = memoryStore(); // or postgresStore({ pool }), sqliteStore({ path })
const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store });
const handle = mesh.projection(releases); // before start
await mesh.start();

await mesh.execute(release, "release/42", { do: "open", title: "the big one" });
await mesh.execute(release, "release/42", { do: "approve", by: "ann" });

await handle.caughtUp(); // all that is committed now is in
const found = await handle.documents.get("release/42");
console.log(`${found?.title}: approved by ${found?.approvedBy.join(", ")}`);
for (const { key, document } of await handle.documents.list({ prefix: "release/", limit: 50 })) {
  console.log(key, document.approvedBy.length);
}
// end use

// health
const { projections } = await mesh.health();
for (const { name, version, state, lag, error } of projections)
  console.log(name, version, state, lag, error?.code);
// end health

await mesh.stop();
