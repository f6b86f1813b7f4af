import { matchesPattern } from "../schema/patterns.js";

/**
 * Whether a type is one of those a subscription asked for. A `*` stands for any run of characters, also none.
 * Answers are remembered: there are few types and many messages.
 *
 * @param types - exact types and patterns; undefined lets everything pass
 * @returns undefined where nothing is filtered
 * @example typeFilter(["com.acme.scan.*"])?.("com.acme.scan.finished.v1") // true
 */
export function typeFilter(types: readonly string[] | undefined): ((type: string) => boolean) | undefined {
  if (types === undefined || types.includes("*")) return undefined;
  const patterns = types.map(matchesPattern);
  const known = new Map<string, boolean>();
  return (type) => {
    let wanted = known.get(type);
    if (wanted === undefined) {
      wanted = patterns.some((matches) => matches(type));
      if (known.size < 10_000) known.set(type, wanted);
    }
    return wanted;
  };
}
