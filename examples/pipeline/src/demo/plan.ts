/**
 * What the simulated GitHub will send: every real payload, the stories of some pull requests, repeats, and what no
 * gateway may take. A *lane* is sent one step after another, as GitHub sends what belongs together; lanes run side by
 * side, in an order that follows from the seed.
 */
import { randomUUID } from "node:crypto";
import { stableId } from "@meshwright/cdevents";
import { badRequests } from "./bad-requests.js";
import { type Payload, realPayloads } from "./payloads.js";
import { pullRequestStory } from "./story.js";
import type { Request } from "./wire.js";

export type Step =
  /** A delivery in order, signed. Its payload is made when it is sent first, for the times in it. */
  | {
      readonly kind: "delivery";
      readonly event: string;
      readonly delivery: string;
      readonly payload: () => Payload;
    }
  /** The same delivery again. */
  | { readonly kind: "repeat"; readonly of: string }
  /** Something that must be refused with a status. */
  | {
      readonly kind: "bad";
      readonly what: string;
      readonly status: number;
      readonly request: (secret: string) => Request;
    };

export type Lane = readonly Step[];

export interface PlanOptions {
  readonly seed: number;
  /** How many pull requests go from change to deployment. */
  readonly pullRequests: number;
}

export function planOf({ seed, pullRequests }: PlanOptions): readonly Lane[] {
  const real = realPayloads();
  const examples = [...real].flatMap(([event, payloads]) =>
    payloads.map((payload, index): Lane => {
      const delivery = stableId("example", String(seed), event, String(index));
      return [{ kind: "delivery", event, delivery, payload: () => payload }];
    }),
  );
  const stories = Array.from({ length: pullRequests }, (_, number) =>
    pullRequestStory(real, number + 1).map(({ event, payload }, index): Step => {
      const delivery = stableId("story", String(seed), String(number), String(index));
      return { kind: "delivery", event, delivery, payload };
    }),
  );
  const bad = badRequests(real, () => randomUUID()).map(
    (request): Lane => Array.from({ length: 3 }, () => ({ kind: "bad", ...request })),
  );
  const lanes = [...examples, ...stories].map((lane, index) => (index % 8 === 0 ? repeated(lane) : lane));
  return shuffled([...lanes, ...bad], seed);
}

/** The lane, and its first and last delivery once more. */
function repeated(lane: Lane): Lane {
  const again = new Set([lane.at(0), lane.at(-1)]);
  return lane.flatMap((step): Lane => {
    if (step.kind !== "delivery" || !again.has(step)) return [step];
    return [step, { kind: "repeat", of: step.delivery }];
  });
}

/** Fisher-Yates with a small seeded generator (mulberry32). */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items];
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
