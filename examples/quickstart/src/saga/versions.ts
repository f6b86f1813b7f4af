import { type Mesh, saga } from "@meshwright/core";
import { type catalog, releaseApproved, releaseFinished, releaseOpened } from "./events.js";

const options = {
  startedBy: releaseOpened,
  key: (event: { readonly data: { readonly id: string } }) => event.data.id,
  events: [releaseApproved],
} as const;
const [notify, audit] = [async () => undefined, async () => undefined];

const closingV1 = saga("closing", options, async (run, start) => {
  await run.step("notify", notify);
  await run.waitFor(releaseApproved, { where: { data: { id: start.data.id } } });
  // patched
  if (run.patched("audit")) await run.step("audit", audit); // new since March
  await run.publish(releaseFinished, { id: start.data.id });
  // end patched
});

const closingV2 = saga("closing", { ...options, version: 2 }, async (run, start) => {
  await run.waitFor(releaseApproved, { where: { data: { id: start.data.id } } });
  await run.publish(releaseFinished, { id: start.data.id });
});

export function register(mesh: Mesh<typeof catalog>): void {
  // versions
  mesh.saga(closingV1); // until `list` shows none that runs with it
  mesh.saga(closingV2); // `version: 2`: new instances begin with it
  // end versions
}
