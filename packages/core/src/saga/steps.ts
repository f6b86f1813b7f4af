/** The steps that this process is doing, each outside of any transaction. */
import type { Cancel, Clock } from "../clock/clock.js";
import { MeshError } from "../errors/errors.js";
import { commandId, type StepResult } from "./activation.js";
import { type Command, describe } from "./execution.js";

export type Step = Extract<Command, { kind: "step" }>;

/** Of which instance. */
export interface Whose {
  readonly key: string;
  readonly run: number;
}

/** The same, and what names its steps. */
export interface Owner extends Whose {
  readonly id: string;
}

interface Running {
  readonly whose: Whose;
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

export interface StepsParts {
  readonly clock: Clock;
  /** Called with what became of each. */
  settle(whose: Whose, result: StepResult): Promise<void>;
}

export class Steps {
  readonly #parts: StepsParts;
  readonly #running: Map<string, Running> = new Map();

  constructor(parts: StepsParts) {
    this.#parts = parts;
  }

  /** Begins an attempt, unless it is under way. */
  begin(whose: Owner, step: Step): void {
    const name = nameOf(whose, step);
    if (this.#running.has(name)) return;
    const controller = new AbortController();
    const done = this.#do(whose, step, controller).finally(() => this.#running.delete(name));
    this.#running.set(name, { whose, controller, done });
  }

  /** Aborts those of an instance that are not among these, or all. */
  keep({ key, run }: Whose, steps: readonly Step[]): void {
    const kept = new Set(steps.map((step) => nameOf({ key, run }, step)));
    for (const [name, { whose, controller }] of this.#running)
      if (whose.key === key && !kept.has(name)) controller.abort(noLongerWanted());
  }

  /** Resolves when none is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0)
      await Promise.allSettled([...this.#running.values()].map(({ done }) => done));
  }

  abort(): void {
    for (const { controller } of this.#running.values()) controller.abort(noLongerWanted());
  }

  async #do(whose: Owner, step: Step, controller: AbortController): Promise<void> {
    const { command, attempt } = step;
    let outcome: StepResult["outcome"];
    try {
      outcome = { value: await this.#work(whose, step, controller) };
    } catch (error) {
      // Nobody waits for it any more.
      if (controller.signal.aborted && controller.signal.reason === error && isUnwanted(error)) return;
      outcome = { error };
    }
    await this.#parts.settle(whose, { command, attempt, outcome });
  }

  async #work(owner: Owner, step: Step, controller: AbortController): Promise<unknown> {
    const { clock } = this.#parts;
    const { signal } = controller;
    const aborted = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    const after = (ms: number | undefined, reason: (step: Step) => Error): Cancel =>
      ms === undefined ? () => undefined : clock.after(ms, () => controller.abort(reason(step)));
    const cancel = after(step.timeoutMs, timedOut);
    let silence = after(step.heartbeatMs, silent);
    const heartbeat = (): void => {
      silence();
      if (!signal.aborted) silence = after(step.heartbeatMs, silent);
    };
    const idempotencyKey = commandId(owner, step.command);
    const work = async (): Promise<unknown> =>
      step.work({ idempotencyKey, attempt: step.attempt, signal, heartbeat });
    try {
      return await Promise.race([work(), aborted]);
    } finally {
      cancel();
      silence();
    }
  }
}

const nameOf = ({ key, run }: Whose, { command, attempt }: Step): string =>
  JSON.stringify([key, run, command, attempt]);

function silent(step: Step): MeshError {
  return new MeshError("SAGA_STEP_SILENT", `${describe(step)} gave no heartbeat in time.`);
}

function timedOut(step: Step): MeshError {
  return new MeshError("SAGA_STEP_TIMEOUT", `${describe(step)} took longer than its timeout.`);
}

const unwanted = "SAGA_STEP_UNWANTED";

function noLongerWanted(): MeshError {
  return new MeshError(
    unwanted,
    "Nobody waits for the step any more: its saga was cancelled, or the process stops.",
  );
}

function isUnwanted(error: unknown): boolean {
  return error instanceof MeshError && error.code === unwanted;
}
