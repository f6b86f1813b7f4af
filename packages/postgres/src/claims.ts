import { createHash } from "node:crypto";
import { isStorable } from "./rows.js";

/** What an index entry may hold, of three such texts. */
const mostBytes = 800;

/**
 * A text of any length and of any characters as one that PostgreSQL can index: different ones stay different. Those of usual
 * events stay as they are.
 */
export function textKey(text: string): string {
  const kept = isPlain(text) ? text : `\x01${JSON.stringify(text)}`;
  if (kept.length * 3 <= mostBytes || Buffer.byteLength(kept) <= mostBytes) return kept;
  return `\x02${createHash("sha256").update(kept).digest("hex")}`;
}

/** Neither one that PostgreSQL cannot keep, nor one that begins like those made here. */
function isPlain(text: string): boolean {
  return isStorable(text) && !text.startsWith("\x01") && !text.startsWith("\x02");
}
