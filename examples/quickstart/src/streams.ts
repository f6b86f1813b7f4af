import {
  auditArchive,
  createMesh,
  decider,
  defineCatalog,
  defineEvent,
  memoryBroker,
  memoryStore,
  verifyInclusion,
} from "@meshwright/core";

const by = { type: "object", required: ["by"], properties: { by: { type: "string" } } } as const;
const catalog = defineCatalog([
  defineEvent("com.acme.release.opened.v1", { schema: by }),
  defineEvent("com.acme.release.approved.v1", { schema: by }),
]);

// decider
const release = decider({
  catalog,
  initial: { open: false, approvals: 0 },
  evolve(state, event) {
    if (event.type === "com.acme.release.opened.v1") return { ...state, open: true };
    return { ...state, approvals: state.approvals + 1 };
  },
  decide(command: { do: "open" | "approve"; by: string }, state) {
    const data = { by: command.by };
    if (command.do === "approve") {
      if (!state.open) throw new Error("this release is not open");
      return { type: "com.acme.release.approved.v1", data };
    }
    return state.open ? [] : { type: "com.acme.release.opened.v1", data };
  },
  publish: true, // through the outbox
  snapshot: { name: "release", every: 100 },
});
// end decider

const store = memoryStore(); // or postgresStore({ pool }), sqliteStore({ path })
const mesh = createMesh({ service: "releases", catalog, broker: memoryBroker(), store });
await mesh.start();

// execute
await mesh.execute(release, "release/42", { do: "open", by: "ann" }, { id: "request 7" });
const { state, version } = await mesh.execute(release, "release/42", { do: "approve", by: "bob" });
console.log(`version ${version}: ${state.approvals} approval`);
// end execute

// read
for await (const one of store.streams.read("release/42")) {
  console.log(one.version, one.event.type);
}
for await (const { position, stream } of store.streams.readAll({ category: "release" })) {
  console.log(position, stream);
}
// end read

// archive
const archive = auditArchive(store);
const head = await archive.seal(); // keep it where nobody who can change the database can change it
const verdict = await archive.verify({ head });
if (!verdict.ok) throw new Error(`position ${verdict.position}: ${verdict.reason}`);
// end archive

// proof
const proof = await archive.prove(2); // plain JSON
console.log(verifyInclusion(proof, head)); // needs no database
// end proof

await mesh.stop();
