/**
 * A progressive rollout: a build gets a growing share of the traffic, is watched at each step, and is rolled back when it
 * breaks a promise, when nobody approves, when a step fails, or when a newer build comes. `forward` is the story.
 */
import {
  CompensateError,
  type Duration,
  type EventOf,
  type RetryPolicy,
  type Run,
  retry,
  type Saga,
  SagaCancelledError,
  type SagaOperations,
  type StepContext,
  type StepOptions,
  saga,
} from "@meshwright/core";
import {
  type Build,
  type BuildRefused,
  releasePublished,
  rolloutFinished,
  rolloutPaused,
  rolloutStepReached,
  sloBreached,
} from "./events.js";
import type { FreezeCalendar } from "./freeze.js";
import { type Approval, checkPlan, type Plan, type PlanStep } from "./plan.js";

/**
 * What moves the traffic: a proxy, a load balancer, a service mesh. Each call may come again after a crash, so that doing
 * it twice must be doing it once. A call that was given up may still arrive late: obey `context.signal`, and leave
 * things as they are where another build is the canary by then.
 */
export interface RolloutGateway {
  /** Makes the build the canary, without traffic. What has all the traffic now is the stable one from here on. */
  deploy(build: Build, context: StepContext): unknown;
  /** Gives the canary its share, in percent. Does nothing where the canary is another build. */
  shift(build: Build, weight: number, context: StepContext): unknown;
  /** Takes the canary away, and its traffic before. Does nothing where the canary is another build. */
  remove(build: Build, context: StepContext): unknown;
}

/** What to publish `rolloutRolledBack` with. The id is the same for every attempt. */
export interface RolledBackOptions {
  readonly id: string;
  readonly causationid: string;
  readonly correlationid: string;
}

export interface RolloutOptions {
  readonly gateway: RolloutGateway;
  /** The last weight is 100. */
  readonly plan: readonly PlanStep[];
  /** Default: none is needed. */
  readonly approval?: Approval;
  /** Default: changes are allowed at any time. */
  readonly freeze?: FreezeCalendar;
  /**
   * Publishes `rolloutRolledBack`, once the traffic is back: `(data, options) => mesh.publish(rolloutRolledBack.type, data,
   * options)`. Compensations are the end of a saga, after which it can publish nothing itself.
   */
  readonly rolledBack: (data: BuildRefused, options: RolledBackOptions) => Promise<unknown>;
  /** How long one call of the gateway may take. Default "30s". */
  readonly timeout?: Duration;
  /**
   * When a call of the gateway has failed. Default: two more at once, then after 1 s, 10 s and 1 min, so that a gateway that
   * cannot be reached is a rollback within minutes.
   */
  readonly retry?: RetryPolicy;
}

export const rolloutName = "progressive-rollout";

/**
 * Approves a build that waits for it, or will. It is of no effect on another version: who clicks a moment too late does not
 * approve the build that came meanwhile.
 *
 * @param by - who approves; it is kept in the journal
 * @returns whether there was a rollout of the service
 */
export function approve(sagas: SagaOperations, build: Build, by: string): Promise<boolean> {
  return sagas.signal(rolloutName, build.service, approvalOf(build), { by });
}

const approvalOf = ({ version }: Build): string => `approve ${version}`;

const patient: RetryPolicy = retry({ immediate: 2, delayed: ["1s", "10s", "1m"] });

/**
 * The saga. There is one rollout for each service at a time; a newer build supersedes it, and begins when it is rolled
 * back. `approve` approves it, and `mesh.sagas.cancel(rolloutName, service, reason)` ends it early, rolled back.
 *
 * @throws RangeError where the plan cannot be right
 * @example
 * mesh.saga(
 *   progressiveRollout({
 *     gateway,
 *     plan: [{ weight: 10, watch: "10m" }, { weight: 50, watch: "10m" }, { weight: 100, watch: "1h" }],
 *     approval: { before: 50, timeout: "1d" },
 *     freeze: freezeWindows([{ from: "2026-12-24T12:00:00Z", until: "2026-12-27T06:00:00Z" }]),
 *     rolledBack: (data, options) => mesh.publish(rolloutRolledBack.type, data, options),
 *   }),
 * );
 */
export function progressiveRollout(options: RolloutOptions): Saga<typeof releasePublished> {
  const { plan: steps, approval } = options;
  const plan: Plan = { steps, ...(approval === undefined ? {} : { approval }) };
  checkPlan(plan);
  return saga(
    rolloutName,
    {
      startedBy: releasePublished,
      key: (event) => event.data.service,
      events: [sloBreached],
      again: "supersede",
      // A rollout listens from its first moment on. What came before it was about an earlier one.
      patience: 0,
    },
    (run, start) => rollOut({ run, options, build: buildOf(start.data) }, start, plan),
  );
}

interface Rollout {
  readonly run: Run<typeof sloBreached>;
  readonly build: Build;
  readonly options: RolloutOptions;
}

/** What a rollout is about to do. */
interface Ahead {
  readonly weight: number;
  /** Rejects when a promise is broken; never resolves. */
  readonly breach: Promise<never>;
}

async function rollOut(
  rollout: Rollout,
  start: EventOf<typeof releasePublished>,
  latest: Plan,
): Promise<string> {
  const { run, build, options } = rollout;
  let reason = "";
  const takeBack = async (context: StepContext): Promise<void> => {
    await options.gateway.remove(build, context);
    const { id, correlationid = id } = start;
    const about = { id: context.idempotencyKey, causationid: id, correlationid };
    await options.rolledBack({ ...build, reason }, about);
  };
  try {
    // The first step, so that undoing it comes last. It keeps the plan: a new one is for rollouts that begin with it.
    const plan = await run.step("begin", () => latest, { compensate: takeBack });
    await forward(rollout, plan, watchFor(rollout));
    return "finished";
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
    if (error instanceof CompensateError || error instanceof SagaCancelledError) throw error;
    // A step that failed for good, for one: the canary must not keep the traffic that it has.
    throw new CompensateError(reason, { cause: error });
  }
}

async function forward(rollout: Rollout, plan: Plan, breach: Promise<never>): Promise<void> {
  const { run, build, options } = rollout;
  const { gateway } = options;
  const call = callOf(options);
  let { approval } = plan;
  await run.step("deploy", (context) => gateway.deploy(build, context), call);
  for (const { weight, watch } of plan.steps) {
    const ahead = { weight, breach };
    if (approval && weight >= approval.before) {
      await approved(rollout, ahead, approval);
      approval = undefined;
    }
    await thawed(rollout, ahead);
    await run.step(`shift to ${weight} %`, (context) => gateway.shift(build, weight, context), {
      ...call,
      // Not to the share before: that was of the build that is not to be trusted.
      compensate: (context) => gateway.shift(build, 0, context),
    });
    await run.publish(rolloutStepReached, { ...build, weight });
    await run.race([breach, run.sleep(watch)]);
  }
  await run.publish(rolloutFinished, build);
}

/** One watch for the whole rollout: no gap while a step is done, somebody is asked, or changes are frozen. */
function watchFor({ run, build }: Rollout): Promise<never> {
  const breach = run.waitFor(sloBreached, { where: { data: build } }).then((event): never => {
    throw new CompensateError(`It broke "${event?.data.objective}": measured ${event?.data.measured}.`);
  });
  // Whatever waits races against it. In between nobody listens, and it must not count as unhandled.
  breach.catch(() => undefined);
  return breach;
}

/** @throws CompensateError where nobody approves in time, or a promise is broken meanwhile */
async function approved(rollout: Rollout, { weight, breach }: Ahead, { timeout }: Approval): Promise<void> {
  const { run, build } = rollout;
  await run.publish(rolloutPaused, { ...build, weight, for: "approval" });
  const answer = await run.race([
    breach,
    run.signal<{ readonly by: string }>(approvalOf(build), { timeout }),
  ]);
  const time = typeof timeout === "number" ? `${timeout}ms` : timeout;
  if (!answer) throw new CompensateError(`Nobody approved ${weight} % within ${time}.`);
}

/** Waits until changes are allowed. */
async function thawed({ run, build, options }: Rollout, { weight, breach }: Ahead): Promise<void> {
  for (;;) {
    const now = run.now();
    // A step: what the calendar said stays what it said, whatever becomes of the calendar.
    const until = await run.step("ask the calendar", () => options.freeze?.(now), callOf(options));
    if (until === undefined || until <= now) return;
    const paused = { ...build, weight, for: "freeze", until: new Date(until).toISOString() } as const;
    await run.publish(rolloutPaused, paused);
    await run.race([breach, run.sleep(until - now)]);
  }
}

function callOf({ timeout = "30s", retry = patient }: RolloutOptions): StepOptions {
  return { timeout, retry };
}

/** An event may say more of a build than what it is. */
const buildOf = ({ service, version }: Build): Build => ({ service, version });
