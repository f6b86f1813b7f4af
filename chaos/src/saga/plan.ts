/** What is to happen to a saga of a name, and how it must end: the same for the driver, the saga and the judge. */
import { seeded, seedOf } from "../random.js";

export const steps = ["first", "left", "right", "stubborn"] as const;
export type Step = (typeof steps)[number];

/** As journals call it. */
export const undoingOf = (step: Step): string => `${step}: compensate`;

/** When the answer is published: before the start, while it is waited for, about when the time is over, not at all. */
export const answers = ["early", "late", "close", "never"] as const;
export type Answer = (typeof answers)[number];

export const endings = ["completed", "compensated", "failed"] as const;
export type Ending = (typeof endings)[number];

export interface Plan {
  readonly answer: Answer;
  /** From the answer to the start, or from the start to the answer, in milliseconds. */
  readonly apartMs: number;
  /** How long the answer is waited for, in milliseconds. */
  readonly timeoutMs: number;
  readonly sleepMs: number;
  /** Of a timer beside two steps, so that something is due while a process has the saga. */
  readonly besideMs: number;
  /** How many attempts of the stubborn step fail. */
  readonly failures: number;
  readonly ending: Ending;
}

/** Far behind the end of whatever holds an answer up. */
const longMs = 15 * 60_000;

export function planOf(name: string): Plan {
  const random = seeded(seedOf(name));
  const between = (least: number, most: number): number => Math.round(least + random() * (most - least));
  const answer = answers[Math.floor(random() * answers.length)] ?? "never";
  const roll = random();
  return {
    answer,
    ...timesOf(answer, between),
    sleepMs: between(200, 900),
    besideMs: between(5, 120),
    failures: between(0, 3),
    ending: roll < 0.7 ? "completed" : roll < 0.9 ? "compensated" : "failed",
  };
}

function timesOf(
  answer: Answer,
  between: (least: number, most: number) => number,
): Pick<Plan, "apartMs" | "timeoutMs"> {
  switch (answer) {
    case "early":
      return { apartMs: between(50, 1_000), timeoutMs: longMs };
    case "late":
      return { apartMs: between(300, 4_000), timeoutMs: longMs };
    case "close":
      return { apartMs: between(600, 1_400), timeoutMs: 1_000 };
    case "never":
      return { apartMs: 0, timeoutMs: between(200, 2_000) };
  }
}

/** How a saga must end, whatever befalls the processes. */
export interface Model {
  readonly state: Ending;
  /** Undefined: it may be either. */
  readonly answered: boolean | undefined;
  /** What is undone, in order. */
  readonly undone: readonly Step[];
  /** How often a step is begun, where nothing befalls its process. */
  attempts(step: string): number;
}

export function modelOf(name: string): Model {
  const { answer, ending, failures } = planOf(name);
  return {
    state: ending,
    answered: answer === "close" ? undefined : answer !== "never",
    undone: ending === "compensated" ? [...steps].reverse() : [],
    attempts: (step) => (step === "stubborn" ? failures + 1 : 1),
  };
}
