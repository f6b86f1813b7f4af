/**
 * JSON of which there is one spelling only (RFC 8785): members sorted by UTF-16 code units, no blanks, numbers and texts as
 * JavaScript writes them. So a hash over it says what the value is, not how somebody has spelled it.
 *
 * @param value - as JSON.parse gives it
 * @example canonicalJson({ b: 1, a: [true] }) // '{"a":[true],"b":1}'
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(",")}}`;
}
