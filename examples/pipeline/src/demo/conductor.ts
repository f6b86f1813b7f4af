/**
 * The demo from its start to its last table, one step a line in `conduct`: starts the services, plays GitHub, kills three
 * services on the way, waits until everything is handled, and checks.
 */
import { setTimeout as wait } from "node:timers/promises";
import { check } from "./check.js";
import { readEvidence } from "./evidence.js";
import { type Entry, SimulatedGitHub } from "./github.js";
import { Observer } from "./observer.js";
import { planOf } from "./plan.js";
import { groups } from "./promises.js";
import type { Summary } from "./report.js";
import { Services } from "./services.js";
import type { View } from "./view.js";

export interface ConductOptions {
  readonly dataFolder: string;
  /** What the services run on, in words. */
  readonly brokerTitle: string;
  readonly seed: number;
  readonly view: View;
  readonly signal: AbortSignal;
}

const secret = "It's a Secret to Everybody";

export async function conduct(options: ConductOptions): Promise<Summary> {
  const { dataFolder, brokerTitle, seed, view, signal } = options;
  const began = Date.now();
  const services = new Services(dataFolder, secret);
  view.say(`Starting gateway, audit, scanner and release on ${brokerTitle} …`);
  await services.startAll();
  const observer = await Observer.start();
  const plan = planOf({ seed, pullRequests: 30 });
  const total = plan.reduce((sum, lane) => sum + lane.length, 0);
  const url = (): string => String(services.running("gateway")?.details["url"] ?? "http://127.0.0.1:1/");
  const github = new SimulatedGitHub({ secret, url, concurrency: 12, paceMs: 40, signal });
  const stage: Stage = { services, observer, github, view, total, signal };

  const watching = watch(stage);
  try {
    view.say(`GitHub sends ${total} webhooks: real payloads, 30 pull requests, repeats, and bad ones …`);
    const playing = github.play(plan);
    await Promise.all([playing, killScanner(stage), killRelease(stage), killGateway(stage)]);
    view.say("All webhooks are answered. Waiting until everything is handled …");
    await drained(stage);
    const deadLetters = await redriveScanner(stage);
    await services.stopAll();
    const dead = (await Promise.all(Object.keys(groups).map((group) => observer.dead(group)))).flat();
    await observer.mesh.stop();

    const evidence = { ...(await readEvidence(dataFolder, github.ledger)), dead };
    return {
      ledger: github.ledger,
      resent: github.resent,
      evidence,
      findings: check(evidence),
      deadLetters,
      wrongAnswers: github.ledger.flatMap(wrongAnswer),
      seconds: (Date.now() - began) / 1000,
    };
  } finally {
    watching.abort();
    view.end();
  }
}

interface Stage {
  readonly services: Services;
  readonly observer: Observer;
  readonly github: SimulatedGitHub;
  readonly view: View;
  readonly total: number;
  readonly signal: AbortSignal;
}

/** Kills the scanner while it holds work: it is held still first, so that the broker's answer stays true. */
async function killScanner(stage: Stage): Promise<void> {
  const { services, observer, view } = stage;
  await until(stage, () => answered(stage) > 0.3);
  const scanner = services.running("scanner");
  let held = 0;
  await until(stage, async () => {
    scanner?.freeze();
    held = (await observer.groups()).get("scanner")?.inFlight ?? 0;
    if (held === 0) scanner?.thaw();
    return held > 0;
  });
  await services.kill("scanner");
  view.say(
    `SIGKILL to the scanner, which held ${held} artifact${held === 1 ? "" : "s"}; it comes back in a second.`,
  );
  await wait(1_000, undefined, { signal: stage.signal });
  await services.start("scanner");
}

/** Kills the release service: what it knew of commits is in no file of its own, and must come back from history. */
async function killRelease(stage: Stage): Promise<void> {
  const { services, view, signal } = stage;
  await until(stage, () => answered(stage) > 0.45);
  await services.kill("release");
  view.say("SIGKILL to the release service; it reads history to know its commits again.");
  await wait(500, undefined, { signal });
  await services.start("release");
}

async function killGateway(stage: Stage): Promise<void> {
  const { services, github, view } = stage;
  await until(stage, () => answered(stage) > 0.6 && github.open > 0);
  await services.kill("gateway");
  view.say("SIGKILL to the gateway amid its requests; GitHub sends again what was not answered.");
  await services.start("gateway");
}

/** Lists what the scanner gave up on, starts a scanner that has learned better, and hands the letters back to it. */
async function redriveScanner(stage: Stage): Promise<Record<string, number>> {
  const { services, observer, view } = stage;
  const letters = await Promise.all(
    Object.keys(groups).map(async (group) => [group, await observer.dead(group)] as const),
  );
  const codes = letters.flatMap(([group, dead]) => dead.map(({ error }) => `${group}: ${error}`));
  view.say(
    `Dead letters: ${codes.join(", ") || "none"}. Starting a scanner that can read containers, and redriving …`,
  );
  await services.stop("scanner");
  await services.start("scanner", { SCANNER_FORMATS: "github,npm,docker" });
  await observer.mesh.redrive("scanner");
  await drained(stage);
  return Object.fromEntries(letters.map(([group, dead]) => [group, dead.length]));
}

/** Groups publish before they acknowledge, so work can hop between them: it is over when it stays over. */
async function drained(stage: Stage): Promise<void> {
  let calm = 0;
  await until(stage, async () => {
    calm = (await stage.observer.drained()) ? calm + 1 : 0;
    return calm >= 3;
  });
}

function answered({ github, total }: Stage): number {
  return github.ledger.length / total;
}

const tooLongMs = 120_000;

async function until(stage: Stage, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + tooLongMs;
  while (!(await condition())) {
    stage.services.requireAlive();
    if (Date.now() > deadline) throw new Error(`the demo made no progress for ${tooLongMs / 1000} s`);
    await wait(50, undefined, { signal: stage.signal });
  }
}

/** Draws the view until it is aborted. */
function watch({ observer, github, services, view, total, signal }: Stage): AbortController {
  const over = new AbortController();
  const draw = async (): Promise<void> => {
    while (!over.signal.aborted && !signal.aborted) {
      const groups = await observer.groups();
      if (over.signal.aborted) return;
      view.update({
        answered: github.ledger.length,
        total,
        resent: github.resent,
        groups,
        processes: services.pids(),
      });
      await wait(200, undefined, { signal: over.signal });
    }
  };
  // The view is not worth failing for: it ends with the observer, or when it is told to.
  draw().catch(() => undefined);
  return over;
}

function wrongAnswer({ step, reply }: Entry): string[] {
  const got = `${reply.status} ${reply.outcome ?? ""}`;
  if (step.kind === "bad")
    return reply.status === step.status ? [] : [`${step.what}: ${got}, not ${step.status}`];
  return reply.status === 202 ? [] : [`a delivery in order: ${got} (${reply.reason ?? ""})`];
}
