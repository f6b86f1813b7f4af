/** Text as the matchers compare it: lower case, and wildcards without regular expressions. */
import { invalid, type Place } from "./place.js";

/**
 * The text in lower case, by no language's rules. Unlike `toLowerCase` alone it treats every character by itself (a
 * sigma does not depend on its neighbours), so a folded prefix is a prefix of the folded text.
 */
export function fold(text: string): string {
  return text.toLowerCase().replaceAll("ς", "σ");
}

/** The literal parts between the asterisks. */
export function parseWildcard(wildcard: string, place: Place): readonly string[] {
  const parts: string[] = [""];
  let afterStar = false;
  for (let i = 0; i < wildcard.length; i++) {
    const star = wildcard[i] === "*";
    if (star && afterStar) throw invalid(place, "`**` has no meaning; write `*`, or `\\*` for an asterisk");
    afterStar = star;
    if (star) parts.push("");
    else {
      if (wildcard[i] === "\\") checkEscape(wildcard[++i], place);
      parts.push(`${parts.pop() ?? ""}${wildcard[i]}`);
    }
  }
  return parts;
}

function checkEscape(escaped: string | undefined, place: Place): void {
  if (escaped !== "*" && escaped !== "\\") throw invalid(place, "a backslash escapes `*` or `\\` only");
}

/** Whether the whole text fits. Takes each part at its first place, so it never goes back further than one part. */
export function matchesWildcard(parts: readonly string[], text: string): boolean {
  const first = parts[0] ?? "";
  if (parts.length === 1) return text === first;
  const last = parts.at(-1) ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (let i = 1; i < parts.length - 1; i++) {
    const part = parts[i] ?? "";
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from + last.length <= text.length;
}
