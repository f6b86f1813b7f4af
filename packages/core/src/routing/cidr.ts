/** IP addresses and blocks of them, as 16-bit words: two for IPv4, eight for IPv6. */
import type { Test } from "./ast.js";
import { invalid, type Place } from "./place.js";

/** Reads a block. Host bits may be set and are cleared. */
export function parseCidr(text: string, place: Place): Test {
  const [address = "", length = "", ...rest] = text.split("/");
  const words = parseAddress(address);
  if (words === undefined || rest.length > 0)
    throw invalid(place, 'expected a block, as in "10.0.0.0/8" or "2001:db8::/32"');
  const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Number.NaN;
  if (!(bits <= words.length * 16))
    throw invalid(place, `expected a prefix length from 0 to ${words.length * 16}`);
  return { op: "cidr", words: words.map((word, i) => word & mask(bits, i)), bits };
}

/** Whether the text is an address within the block. */
export function isInBlock(text: string, words: readonly number[], bits: number): boolean {
  const address = parseAddress(text);
  if (address?.length !== words.length) return false;
  return address.every((word, i) => (word & mask(bits, i)) === words[i]);
}

/** The bits of the i-th word that belong to the network. */
function mask(bits: number, i: number): number {
  const own = Math.min(16, Math.max(0, bits - i * 16));
  return (0xffff << (16 - own)) & 0xffff;
}

/** RFC 4291 section 2.2 for IPv6; dotted decimal without leading zeros for IPv4. Undefined when it is neither. */
export function parseAddress(text: string): readonly number[] | undefined {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): readonly number[] | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return undefined;
  const [a, b, c, d] = match.slice(1).map((part) => (/^0\d/.test(part) ? 256 : Number(part)));
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  return Math.max(a, b, c, d) > 255 ? undefined : [(a << 8) | b, (c << 8) | d];
}

function parseV6(text: string): readonly number[] | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseWords(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 1 ? [] : parseWords(halves[1] ?? "", true);
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  const fits = halves.length === 1 ? missing === 0 : missing >= 1;
  return fits ? [...head, ...new Array<number>(missing).fill(0), ...tail] : undefined;
}

/** Groups of hexadecimal digits; the last may be an IPv4 address where the text ends with it. */
function parseWords(text: string, isEnd: boolean): readonly number[] | undefined {
  if (text === "") return [];
  const words: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    const last = isEnd && i === groups.length - 1;
    const parsed = /^[0-9a-f]{1,4}$/i.test(group)
      ? [Number.parseInt(group, 16)]
      : last
        ? parseV4(group)
        : undefined;
    if (parsed === undefined) return undefined;
    words.push(...parsed);
  }
  return words;
}
