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
  const patterns = types.map(patternOf);
  const known = new Map<string, boolean>();
  return (type) => {
    let wanted = known.get(type);
    if (wanted === undefined) {
      wanted = patterns.some((pattern) => pattern(type));
      if (known.size < 10_000) known.set(type, wanted);
    }
    return wanted;
  };
}

function patternOf(pattern: string): (type: string) => boolean {
  if (!pattern.includes("*")) return (type) => type === pattern;
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop() ?? "";
  return (type) => {
    if (!type.startsWith(head) || !type.endsWith(tail) || type.length < head.length + tail.length)
      return false;
    let from = head.length;
    for (const part of rest) {
      const found = type.indexOf(part, from);
      if (found < 0) return false;
      from = found + part.length;
    }
    return from <= type.length - tail.length;
  };
}
