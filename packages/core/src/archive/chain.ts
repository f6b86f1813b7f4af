/**
 * The chain over a log: each link is a hash over its entry, the link before it, and one further back. So the newest link commits
 * to everything before it, and the way from it to any older one is short.
 */
import { hash } from "node:crypto";
import { formatEvent } from "../codec/json.js";
import type { MeshEvent } from "../event/event.js";
import { canonicalJson } from "./canonical.js";

/** What stands at a position of the log. */
export interface ArchiveEntry {
  readonly position: number;
  readonly stream: string;
  readonly version: number;
  readonly event: MeshEvent;
}

/** Before the first entry. */
export const origin: string = "0".repeat(64);

/** The two links that the link of a position commits to: the one before it, and the one at `skipFrom`. */
export interface Roots {
  readonly previous: string;
  readonly skip: string;
}

/** SHA-256, in hexadecimal, over what the entry says. */
export function hashEntry({ position, stream, version, event }: ArchiveEntry): string {
  const said = canonicalJson({ position, stream, version, event: JSON.parse(formatEvent(event)) });
  return hash("sha256", `entry:${said}`, "hex");
}

export function hashLink(entry: string, { previous, skip }: Roots): string {
  return hash("sha256", `link:${entry}:${previous}:${skip}`, "hex");
}

/**
 * Where the second root of a position is: the position without its lowest bit. 12 is 1100 in binary, so it is 8.
 *
 * @example [1, 2, 3, 12].map(skipFrom) // [0, 0, 2, 8]
 */
export function skipFrom(position: number): number {
  let bit = 1;
  while (position % (bit * 2) === 0) bit *= 2;
  return position - bit;
}

/** The next position on the way back to `target`: as far as it may go without passing it. */
export function towards(position: number, target: number): number {
  const skip = skipFrom(position);
  return skip >= target ? skip : position - 1;
}

/** A position and all before it that links behind it can have as roots: 12, 8. */
export function ancestors(position: number): number[] {
  const found: number[] = [];
  for (let at = position; at > 0; at = skipFrom(at)) found.push(at);
  return found;
}
