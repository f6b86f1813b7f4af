/**
 * What a store remembers of a projection, all of it checkpoints: how far a version is ("releases@2"), what has become of it
 * ("releases@2/phase"), and which version is live ("releases"). Who changes them holds the first one, so that there is one owner
 * at a time, and what an owner did that has lost it is rolled back.
 */
import { MeshError } from "../errors/errors.js";
import type { Store, Transaction } from "../store/contract.js";
import type { Checkpoint } from "../store/documents.js";
import { storeRefusals } from "../store/refusals.js";
import type { Projection } from "./projection.js";

/** What becomes of a version, as the number in its checkpoint. */
const phases = {
  new: 0,
  begun: 1,
  /** It has been at the head once: it is whole. */
  ready: 2,
  /** Its documents are removed. It does not come back. */
  retired: 3,
} as const;

type Version = Pick<Projection, "name" | "version">;

interface Names {
  readonly live: string;
  readonly position: string;
  readonly phase: string;
  /** The collection of its documents. */
  readonly documents: string;
}

export function namesOf({ name, version }: Version): Names {
  const own = `${name}@${version}`;
  return { live: name, position: own, phase: `${own}/phase`, documents: own };
}

/** How the versions of a projection stand. */
export interface Standing {
  /** 0 before the first. */
  readonly live: number;
  position(version: number): number;
  isReady(version: number): boolean;
  isRetired(version: number): boolean;
}

export async function standingOf(store: Store, name: string): Promise<Standing> {
  const checkpoints = await store.checkpoints(name);
  const at = (wanted: string): number => positionOf(checkpoints, wanted);
  const phase = (version: number): number => at(namesOf({ name, version }).phase);
  return {
    live: at(name),
    position: (version) => at(namesOf({ name, version }).position),
    isReady: (version) => phase(version) === phases.ready,
    isRetired: (version) => phase(version) === phases.retired,
  };
}

/**
 * The version whose documents are read: its own as soon as it is whole, since that is what the code knows; the live one before;
 * its own again where there is none.
 */
export function versionRead({ live, isReady }: Standing, own: number): number {
  return isReady(own) || live === 0 ? own : live;
}

/** Begins a version that is new, for whoever holds its checkpoint. Returns false for one that is retired. */
export async function begin(tx: Transaction, projection: Projection): Promise<boolean> {
  const { phase } = namesOf(projection);
  const found = await held(tx, phase);
  if (found !== phases.new) return found !== phases.retired;
  await projection.setup?.({ tx, version: projection.version });
  await tx.move(phase, phases.begun);
  return true;
}

/**
 * A version has come to the head: it is whole, and live unless a higher one is. For whoever holds its checkpoint. Returns
 * false when another version is doing the same just now, and this one has to come again.
 */
export async function arrive(tx: Transaction, projection: Projection): Promise<boolean> {
  const { live, phase } = namesOf(projection);
  const now = await tx.hold(live);
  if (now === undefined) return false;
  await held(tx, phase);
  await tx.move(phase, phases.ready);
  if (now < projection.version) await makeLive(tx, projection);
  return true;
}

/**
 * Makes a version live that is whole, also in place of a higher one. Returns false when another process has it just now.
 *
 * @throws MeshError `PROJECTION_NOT_READY`
 */
export async function goLive(tx: Transaction, projection: Projection): Promise<boolean> {
  const { live, position, phase } = namesOf(projection);
  if ((await tx.hold(position)) === undefined) return false;
  if ((await held(tx, phase)) !== phases.ready) throw notReady(projection);
  const now = await tx.hold(live);
  if (now === undefined) return false;
  if (now !== projection.version) await makeLive(tx, projection);
  return true;
}

/**
 * Marks a version as one that does not come back. Returns false when another process has it just now.
 *
 * @throws MeshError `PROJECTION_IN_USE`
 */
export async function retire(tx: Transaction, version: Version): Promise<boolean> {
  const { live, position, phase } = namesOf(version);
  if ((await tx.hold(position)) === undefined) return false;
  const now = await tx.hold(live);
  if (now === undefined) return false;
  if (now === version.version) throw inUse(version);
  await held(tx, phase);
  await tx.move(phase, phases.retired);
  // Who feeds it looks at its phase where it begins.
  await tx.move(position, 0);
  return true;
}

export function inUse({ name, version }: Version): MeshError {
  return new MeshError(
    "PROJECTION_IN_USE",
    `Version ${version} of projection "${name}" is live, or the one of this process; it was not retired. Retire versions that nobody reads any more.`,
  );
}

function notReady({ name, version }: Version): MeshError {
  return new MeshError(
    "PROJECTION_NOT_READY",
    `Version ${version} of projection "${name}" has not caught up yet, so it cannot be the live one. Wait until mesh.health() says "standby".`,
  );
}

async function makeLive(tx: Transaction, projection: Projection): Promise<void> {
  const { version } = projection;
  await projection.live?.({ tx, version });
  await tx.move(projection.name, version);
}

/** Takes hold of what only the holder of the version's checkpoint ever holds. */
async function held(tx: Transaction, checkpoint: string): Promise<number> {
  const position = await tx.hold(checkpoint);
  if (position === undefined) throw storeRefusals.conflict(undefined);
  return position;
}

function positionOf(checkpoints: readonly Checkpoint[], wanted: string): number {
  return checkpoints.find(({ name }) => name === wanted)?.position ?? 0;
}
