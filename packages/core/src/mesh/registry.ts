import type { BrokerCapabilities, StartPosition, StartPositionKind } from "../broker/contract.js";
import type { ConsumerOptions } from "../consume/consumer.js";
import type { Handler } from "../consume/handler.js";
import { defaultRetry, defaultRetryWithoutDelay, type RetryPolicy } from "../consume/retry.js";
import { ConfigurationError } from "../errors/errors.js";

/** Settings that belong to a group as a whole, not to one of its handlers. */
export interface GroupSettings {
  readonly ordering: "key" | "none" | undefined;
  readonly concurrency: number | undefined;
  readonly prefetch: number | undefined;
  readonly retry: RetryPolicy | undefined;
  readonly from: StartPosition | undefined;
  readonly transactional: boolean | undefined;
}

/** One call of `mesh.on`, checked. */
export interface Registration {
  readonly group: string;
  readonly settings: GroupSettings;
  readonly handler: Handler;
  /** The channels its types travel on. */
  readonly channels: readonly string[];
  /** The patterns it was registered with, and the older types that are lifted to them. */
  readonly types: readonly string[];
}

const defaultConcurrency = 16;

/** What a mesh's groups are to be subscribed with: one entry per group and channel. */
export function plan(
  registrations: readonly Registration[],
  capabilities: BrokerCapabilities,
): ConsumerOptions[] {
  return [...groupsOf(registrations)].flatMap(([group, members]) => {
    const settings = settle(group, members, capabilities);
    const channels = [...new Set(members.flatMap((member) => member.channels))];
    return channels.map((channel) => {
      const here = members.filter((member) => member.channels.includes(channel));
      const types = capabilities.typeFilter
        ? [...new Set(here.flatMap((member) => member.types))]
        : undefined;
      return { group, channel, ...settings, handlers: here.map((member) => member.handler), types };
    });
  });
}

function groupsOf(registrations: readonly Registration[]): Map<string, Registration[]> {
  const groups = new Map<string, Registration[]>();
  for (const registration of registrations) {
    const members = groups.get(registration.group);
    if (members === undefined) groups.set(registration.group, [registration]);
    else members.push(registration);
  }
  return groups;
}

/** The settings its handlers agree on, with defaults for the rest, refused where the broker cannot do them. */
function settle(group: string, members: readonly Registration[], capabilities: BrokerCapabilities) {
  const ordering = agreed(group, members, "ordering") ?? (capabilities.keyOrder ? "key" : "none");
  const concurrency = agreed(group, members, "concurrency") ?? defaultConcurrency;
  const prefetch = agreed(group, members, "prefetch") ?? concurrency;
  const fallback = capabilities.delayedRetry ? defaultRetry : defaultRetryWithoutDelay;
  const retry = agreed(group, members, "retry") ?? fallback;
  const from = agreed(group, members, "from") ?? "latest";
  const transactional = agreed(group, members, "transactional") ?? false;
  if (ordering === "key" && !capabilities.keyOrder) refuse(group, 'ordering: "key"');
  if (retry.delaysMs.some((ms) => ms > 0) && !capabilities.delayedRetry) refuse(group, "delayed retries");
  if (!capabilities.startPositions.includes(kindOf(from))) refuse(group, `from: ${kindOf(from)}`);
  return { ordering, concurrency, prefetch: concurrency + prefetch, retry, from, transactional };
}

function agreed<K extends keyof GroupSettings>(
  group: string,
  members: readonly Registration[],
  name: K,
): GroupSettings[K] | undefined {
  const stated = members.map((member) => member.settings[name]).filter((value) => value !== undefined);
  const first = stated[0];
  if (stated.every((value) => JSON.stringify(value) === JSON.stringify(first))) return first;
  throw new ConfigurationError(
    "GROUP_OPTIONS_CONFLICT",
    `The handlers of group "${group}" ask for different values of \`${name}\`. It belongs to the group: state it once, or give one handler a \`name\` and so a group of its own.`,
  );
}

function refuse(group: string, what: string): never {
  throw new ConfigurationError(
    "CAPABILITY_MISSING",
    `Group "${group}" asks for ${what}, which this broker cannot do. Change the option, or choose a broker that can (docs/guarantees.md).`,
  );
}

function kindOf(from: StartPosition): StartPositionKind {
  if (typeof from === "string") return from;
  return "time" in from ? "time" : "offset";
}
