/** What happens in the demo: three rollouts, each with what must be so on its way. */
import { rolloutFinished, rolloutPaused, rolloutRolledBack, rolloutStepReached } from "../events.js";
import { approve } from "../rollout.js";
import { type Site, service, watchMs } from "./site.js";
import { clients } from "./traffic.js";

export interface Teller {
  say(text: string): void;
  /** Something that must be so. */
  check(holds: boolean, what: string): void;
}

type Told = Site & Teller;

/** Within the time for which a step is watched. */
const sampled = { requests: 200, ms: watchMs * 0.8 };

export async function tell(site: Site, teller: Teller): Promise<void> {
  const told = { ...site, ...teller };
  await soundBuild(told);
  await failingBuild(told);
  await newerBuild(told);
}

async function soundBuild(told: Told): Promise<void> {
  told.say("A sound build, v2");
  await told.release("v2");
  await complete(told, "v2");
}

async function failingBuild(told: Told): Promise<void> {
  told.say("A build that fails, v3");
  await told.release("v3");
  await told.timeline.first(rolloutStepReached, { version: "v3", weight: 10 });
  told.say("  v3 has 10 %, and answers every third request with 500");
  const { data } = await told.timeline.first(rolloutRolledBack, { version: "v3" });
  told.say(`  v3 is rolled back: ${data.reason}`);
  told.check(data.reason.startsWith("It broke"), "v3 is rolled back because of its errors");
  await share(told, "v3", 0);
}

async function newerBuild(told: Told): Promise<void> {
  told.say("A build, v4, and a newer one before it is done, v5");
  await told.release("v4");
  await told.timeline.first(rolloutStepReached, { version: "v4", weight: 10 });
  await share(told, "v4", 10);
  await told.release("v5");
  const { data } = await told.timeline.first(rolloutRolledBack, { version: "v4" });
  told.say(`  v4 is rolled back: ${data.reason}`);
  told.check(data.reason.includes("superseded"), "v4 is rolled back because of v5");
  await complete(told, "v5");
  const placeOf = (version: string, sought: string): number =>
    told.timeline.events.findIndex(
      ({ type, data }) => type === sought && (data as { readonly version: string }).version === version,
    );
  const isFirst = placeOf("v4", rolloutRolledBack.type) < placeOf("v5", rolloutStepReached.type);
  told.check(isFirst, "v4 is rolled back before v5 has any traffic");
}

/** A rollout that gets to its end. */
async function complete(told: Told, version: string): Promise<void> {
  const { timeline, mesh } = told;
  for (const weight of [10, 50, 100]) {
    if (weight === 50) {
      await timeline.first(rolloutPaused, { version, weight, for: "approval" });
      const isThere = await approve(mesh.sagas, { service, version }, "ann");
      told.say(`  ${version} waits for an approval, and ann approves it`);
      told.check(isThere, `there is a rollout of ${version} to approve`);
    }
    await timeline.first(rolloutStepReached, { version, weight });
    await share(told, version, weight);
  }
  await timeline.first(rolloutFinished, { version });
  told.say(`  ${version} is rolled out`);
}

async function share({ traffic, say, check }: Told, version: string, weight: number): Promise<void> {
  const { requests, answers, errors } = await traffic.sample(sampled);
  const off = (answers.get(version) ?? 0) - (requests * weight) / 100;
  const all = [...answers].sort().map(([name, count]) => `${name} ${count}`);
  say(`  ${version} has ${weight} %: of ${requests} requests ${all.join(", ")}; errors ${errors}`);
  check(requests > 0, "there is traffic");
  // Those under way when the sample begins and ends count here or there.
  check(Math.abs(off) <= clients, `the share of ${version} is ${weight} %`);
  check(errors === 0, "no request fails");
}
