import { isIPv6 } from "node:net";
import { memoize } from "./memo.js";

// The grammar of RFC 3986, appendix A. Every repetition consumes disjoint characters, so matching is linear.
const plain = "A-Za-z0-9\\-._~!$&'()*+,;=";
const percent = "%[0-9A-Fa-f]{2}";
const segment = `(?:[${plain}:@]|${percent})`;
const path = `(?:[${plain}:@/]|${percent})*`;
const host = `(?:\\[(?<literal>[^\\]]*)\\]|(?:[${plain}]|${percent})*)`;
const rooted = `//(?:(?:[${plain}:]|${percent})*@)?${host}(?::[0-9]*)?(?:/${path})?|/(?!/)${path}`;
const tail = `(?:\\?(?:[${plain}:@/?]|${percent})*)?(?:#(?:[${plain}:@/?]|${percent})*)?`;
const absolute = new RegExp(`^[A-Za-z][A-Za-z0-9+.\\-]*:(?:${rooted}|${segment}${path}|)${tail}$`);
const relative = new RegExp(`^(?:${rooted}|(?:[${plain}@]|${percent})+(?:/${path})?|)${tail}$`);
const futureLiteral = new RegExp(`^[vV][0-9A-Fa-f]+\\.[${plain}:]+$`);

/**
 * What a text is by RFC 3986: a URI with a scheme, a relative reference, or neither. The empty text is a relative
 * reference there; CloudEvents wants its URIs non-empty, so it is neither here.
 */
export const uriKind: (text: string) => "absolute" | "relative" | "none" = memoize((text) => {
  if (text === "") return "none";
  if (matches(absolute, text)) return "absolute";
  return matches(relative, text) ? "relative" : "none";
});

function matches(grammar: RegExp, text: string): boolean {
  const found = grammar.exec(text);
  if (!found) return false;
  const literal = found.groups?.["literal"];
  return literal === undefined || isIpLiteral(literal);
}

function isIpLiteral(literal: string): boolean {
  return futureLiteral.test(literal) || (!literal.includes("%") && isIPv6(literal));
}
