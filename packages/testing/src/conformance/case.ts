import type { BrokerCapabilities, StartPositionKind } from "@meshwright/core/adapter";
import type { ConformanceEnv } from "./env.js";
import type { Hook } from "./hooks.js";

type Flag = { [K in keyof BrokerCapabilities]: BrokerCapabilities[K] extends boolean ? K : never };

/** A fact of the manifest that a case asks for, or that must be off for it. */
export type Ability =
  | Flag[keyof BrokerCapabilities]
  | `from:${StartPositionKind}`
  | "reach:network"
  | "maxBodyBytes";

/** One test of a guarantee: plain data and a function, so that it runs under any test framework or none. */
export interface ConformanceCase {
  /** Guarantee and slug, such as "B5/retry-holds-its-key". Skips are named by it. */
  readonly id: string;
  /** What must be seen, in one sentence. */
  readonly title: string;
  /** It applies only where the manifest has all of these. */
  readonly requires?: readonly Ability[];
  /** It applies only where the manifest lacks this: then asking for it must be refused. */
  readonly lacks?: Ability;
  /** Options without which it cannot run; each missing one must be given, or the case skipped with a reason. */
  readonly needs?: readonly Hook[];
  run(env: ConformanceEnv): Promise<void>;
}

/** The cases of one guarantee. */
export interface Guarantee {
  /** "B1" to "B18", or the name of an ability. */
  readonly id: string;
  /** The promise, in the words of the contract. */
  readonly promise: string;
  readonly cases: readonly ConformanceCase[];
}

/** Why a case does not apply to this manifest; undefined when it does. */
export function inapplicable(test: ConformanceCase, capabilities: BrokerCapabilities): string | undefined {
  const missing = test.requires?.find((ability) => !hasAbility(capabilities, ability));
  if (missing !== undefined) return `the manifest has no ${missing}`;
  if (test.lacks !== undefined && hasAbility(capabilities, test.lacks))
    return `the manifest has ${test.lacks}, so there is no refusal to see`;
  return undefined;
}

function hasAbility(capabilities: BrokerCapabilities, ability: Ability): boolean {
  if (ability === "reach:network") return capabilities.reach === "network";
  if (ability === "maxBodyBytes") return capabilities.maxBodyBytes !== undefined;
  if (ability.startsWith("from:"))
    return capabilities.startPositions.some((kind) => `from:${kind}` === ability);
  return Boolean(capabilities[ability as keyof BrokerCapabilities]);
}
