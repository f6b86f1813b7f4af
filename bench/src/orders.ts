/** What the parent and the workers of an end-to-end run say to each other. */
import type { Site } from "./contestant.js";

export interface Start {
  readonly contestant: string;
  readonly role: "consume" | "produce";
  readonly site: Site;
}

export type Order =
  /** To the producer: so many as fast as it goes, or so many at a pace. */
  | { readonly kind: "flood"; readonly count: number }
  | { readonly kind: "pace"; readonly count: number; readonly perSecond: number }
  /** To the consumer: count and measure from here; and then, answer when so many have been handled. */
  | { readonly kind: "expect"; readonly count: number }
  | { readonly kind: "await" }
  /** To the consumer: do nothing for so long, and say what that took. */
  | { readonly kind: "idle"; readonly ms: number }
  | { readonly kind: "close" };

export interface Answer {
  readonly ready?: true;
  /** When the producer began, or the consumer was done. */
  readonly atMs?: number;
  /** How long the producer took until all was confirmed. */
  readonly tookMs?: number;
  /** What it took of the processor. */
  readonly cpuMs?: number;
  /** Resident memory. */
  readonly memoryBytes?: number;
  /** From the call that published an event to its handler, in milliseconds. */
  readonly latencies?: readonly number[];
}

/** The monotonic clock of the machine, which is the same in all of its processes. In milliseconds. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
