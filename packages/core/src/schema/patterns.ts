/**
 * Compiles a name or pattern of event types. A `*` stands for any run of characters, also none and also across dots;
 * everything else for itself.
 *
 * @example matchesPattern("com.acme.*.v1")("com.acme.scan.finished.v1") // true
 */
export function matchesPattern(pattern: string): (type: string) => boolean {
  const parts = pattern.split("*");
  const first = parts.shift() ?? "";
  const last = parts.pop();
  if (last === undefined) return (type) => type === pattern;
  const middle = parts.filter((part) => part !== "");
  const shortest = first.length + last.length;
  if (middle.length === 0) {
    return (type) => type.length >= shortest && type.startsWith(first) && type.endsWith(last);
  }
  return (type) =>
    type.length >= shortest &&
    type.startsWith(first) &&
    type.endsWith(last) &&
    inOrder(middle, type, first.length, type.length - last.length);
}

/** Taking the leftmost place for each part is enough: it leaves the most room for the next. */
function inOrder(parts: readonly string[], text: string, from: number, to: number): boolean {
  let at = from;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found === -1 || found + part.length > to) return false;
    at = found + part.length;
  }
  return true;
}
