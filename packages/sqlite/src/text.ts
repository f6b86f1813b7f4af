/**
 * Text on its way into SQLite. The drivers cut a string at its first NUL character, so NUL is written as an escape:
 * U+0001 "0", and U+0001 itself as U+0001 "1". Text without either, nearly all of it, is stored as it is.
 */
export function toText(value: string): string {
  if (!value.includes("\0") && !value.includes("\u0001")) return value;
  return value.replaceAll("\u0001", "\u00011").replaceAll("\0", "\u00010");
}

export function fromText(value: string): string {
  if (!value.includes("\u0001")) return value;
  return value.replaceAll("\u00010", "\0").replaceAll("\u00011", "\u0001");
}
