/** Proofs: that an entry, or an older head, is under a head. Whoever checks them needs neither the database nor us. */
import { type ArchiveEntry, hashEntry, hashLink, towards } from "./chain.js";

/** The newest link: it commits to all that is in the archive. Keep it where nobody who can change the database can change it. */
export interface ArchiveHead {
  readonly position: number;
  /** SHA-256 in hexadecimal. */
  readonly hash: string;
}

/** One link on the way back from a head: what its hash is made of. */
export interface ProofStep {
  readonly position: number;
  readonly entry: string;
  readonly previous: string;
  readonly skip: string;
}

/** That an entry is under a head. Plain data: it can be sent as JSON. */
export interface InclusionProof {
  readonly entry: ArchiveEntry;
  /** From the head back to the entry, both included. */
  readonly steps: readonly ProofStep[];
}

/** That an older head is under a newer one. */
export interface ExtensionProof {
  /** From the newer head back to the older one, which is not included. */
  readonly steps: readonly ProofStep[];
}

/**
 * Whether an entry is in the archive that a head stands for. True only if the event, its stream, its version and its position are
 * what they were when the archive was sealed.
 *
 * @param head - from a place that is trusted, not from where the proof came from
 * @example if (!verifyInclusion(proof, head)) throw new Error("the record was changed");
 */
export function verifyInclusion({ entry, steps }: InclusionProof, head: ArchiveHead): boolean {
  const last = steps.at(-1);
  if (last?.position !== entry.position || last.entry !== hashOf(entry)) return false;
  return walk(steps, head, entry.position) !== undefined;
}

/**
 * Whether a newer head stands for all that an older one stood for, and more: nothing before it was changed or taken away.
 */
export function verifyExtension({ steps }: ExtensionProof, older: ArchiveHead, newer: ArchiveHead): boolean {
  if (older.position === newer.position) return older.hash === newer.hash;
  return walk(steps, newer, older.position) === older.hash;
}

/**
 * Follows the links from a head to a target: the hash of the link at the target. Undefined when a step does not fit, is missing,
 * or comes after the target's own.
 */
function walk(steps: readonly ProofStep[], head: ArchiveHead, target: number): string | undefined {
  let { position, hash } = head;
  for (const [at, step] of steps.entries()) {
    if (step.position !== position || hashLink(step.entry, step) !== hash) return undefined;
    if (position === target) return at === steps.length - 1 ? hash : undefined;
    const next = towards(position, target);
    hash = next === position - 1 ? step.previous : step.skip;
    position = next;
  }
  return position === target ? hash : undefined;
}

/** A proof may have been made up: what is no event has no hash. */
function hashOf(entry: ArchiveEntry): string | undefined {
  try {
    return hashEntry(entry);
  } catch {
    return undefined;
  }
}
