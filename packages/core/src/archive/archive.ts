/**
 * The archive: a hash chain over the log of a store, for audits. Sealing extends it to the newest event. After that every change
 * of what was sealed is found by `verify`, and that an event was there can be proven to somebody who has a head and nothing
 * else. This folder may import the layers below.
 */
import { type Clock, systemClock } from "../clock/clock.js";
import { MeshError } from "../errors/errors.js";
import type { Store, Transaction } from "../store/contract.js";
import { hashEntry, hashLink, origin, skipFrom, towards } from "./chain.js";
import { type Kept, Links } from "./links.js";
import type { ArchiveHead, ExtensionProof, InclusionProof, ProofStep } from "./proof.js";
import { type Verdict, type VerifyOptions, verifyArchive } from "./verify.js";

export interface ArchiveOptions {
  /** Of its documents and its checkpoint in the store. Default "archive". */
  readonly name?: string;
  readonly clock?: Clock;
}

export interface Archive {
  /**
   * Extends the chain to the newest committed event, and returns its head. Several processes may call it at the same time.
   *
   * @throws MeshError `ARCHIVE_BROKEN` where what is there cannot be extended; StoreError
   */
  seal(): Promise<ArchiveHead>;
  /** How far it is sealed. Position 0 while nothing is. */
  head(): Promise<ArchiveHead>;
  /** Reads all that is sealed and computes the chain again. It takes as long as reading the whole log. */
  verify(options?: VerifyOptions): Promise<Verdict>;
  /**
   * Proves that the entry at a position is under a head.
   *
   * @param under - default: the newest head
   * @throws MeshError `ARCHIVE_NOT_SEALED`, `ARCHIVE_BROKEN`
   */
  prove(position: number, under?: ArchiveHead): Promise<InclusionProof>;
  /** Proves that an older head is under a newer one. Default: the newest. @throws as `prove` */
  proveExtension(older: ArchiveHead, newer?: ArchiveHead): Promise<ExtensionProof>;
}

/** How many events are sealed in one transaction. */
const sealedAtOnce = 250;
/** How long to wait for another process that is sealing. */
const lookAgainMs = 20;

/**
 * An archive over the log of a store. The store has to be open.
 *
 * @example
 * const archive = auditArchive(store);
 * const head = await archive.seal(); // hand it to somebody who cannot change the database
 * const verdict = await archive.verify({ head });
 */
export function auditArchive(store: Store, options: ArchiveOptions = {}): Archive {
  const { name = "archive", clock = systemClock } = options;
  const links = new Links(store, name);

  async function seal(): Promise<ArchiveHead> {
    const target = await store.streams.head();
    for (;;) {
      const isOurs = await store.transaction(sealSome, { retries: 10 });
      const head = await links.head();
      if (head.position >= target) return head;
      if (!isOurs) await new Promise<void>((resolve) => void clock.after(lookAgainMs, resolve));
    }
  }

  /** Whether nobody else was at it. */
  async function sealSome(tx: Transaction): Promise<boolean> {
    const after = await tx.hold(name);
    if (after === undefined) return false;
    const { events } = await store.streams.page({ after, limit: sealedAtOnce, tx });
    const roots = await links.rootsAfter(after, tx);
    const made = new Map<number, Kept>();
    for (const event of events) {
      const entry = hashEntry(event);
      const link = hashLink(entry, rootsOf(event.position, roots));
      roots.set(event.position, link);
      made.set(event.position, { entry, link });
    }
    if (made.size > 0) await links.write(made, tx);
    await tx.move(name, after + made.size);
    return true;
  }

  async function prove(position: number, under?: ArchiveHead): Promise<InclusionProof> {
    const head = under ?? (await links.head());
    requireSealed(position, head, 1);
    const { events } = await store.streams.page({ after: position - 1, limit: 1 });
    const [found] = events;
    if (found?.position !== position) throw broken(position);
    const { stream, version, event } = found;
    const path = [...pathTo(position, head), position];
    return { entry: { position, stream, version, event }, steps: await stepsOf(path) };
  }

  async function proveExtension(older: ArchiveHead, newer?: ArchiveHead): Promise<ExtensionProof> {
    const head = newer ?? (await links.head());
    requireSealed(older.position, head, 0);
    return { steps: await stepsOf(pathTo(older.position, head)) };
  }

  async function stepsOf(path: readonly number[]): Promise<ProofStep[]> {
    const kept = await links.read([...new Set(path.flatMap((at) => [at, at - 1, skipFrom(at)]))]);
    const roots = new Map([[0, origin], ...[...kept].map(([at, { link }]) => [at, link] as const)]);
    return path.map((position) => {
      const entry = kept.get(position)?.entry;
      if (entry === undefined) throw broken(position);
      return { position, entry, ...rootsOf(position, roots) };
    });
  }

  return {
    seal,
    head: () => links.head(),
    verify: (how = {}) => verifyArchive(store, links, how),
    prove,
    proveExtension,
  };
}

/** From a head back to a position, which is not included. */
function pathTo(position: number, head: ArchiveHead): number[] {
  const path: number[] = [];
  for (let at = head.position; at > position; at = towards(at, position)) path.push(at);
  return path;
}

function rootsOf(position: number, roots: ReadonlyMap<number, string>): { previous: string; skip: string } {
  const previous = roots.get(position - 1);
  const skip = roots.get(skipFrom(position));
  if (previous === undefined || skip === undefined) throw broken(position);
  return { previous, skip };
}

function requireSealed(position: number, head: ArchiveHead, least: number): void {
  if (Number.isSafeInteger(position) && position >= least && position <= head.position) return;
  throw new MeshError(
    "ARCHIVE_NOT_SEALED",
    `Position ${position} is not under the head at ${head.position}. Await archive.seal(), and take its head.`,
  );
}

function broken(position: number): MeshError {
  return new MeshError(
    "ARCHIVE_BROKEN",
    `What the archive needs for position ${position} is missing. Await archive.verify(), which says where it begins.`,
  );
}
