/**
 * Where events and those who wait for them meet. A wait asks for equality of some fields: its shape. Shape and values name a place, a
 * document which both the wait and the event write, so that of the two one sees the other, however close they come. Events stay
 * there for a while, for those who begin to wait a moment later.
 */
import { hash } from "node:crypto";
import type { Clock } from "../clock/clock.js";
import type { MeshEvent } from "../event/event.js";
import type { Store } from "../store/contract.js";
import type { Documents, StoredDocument } from "../store/documents.js";
import { committedDocuments, inSagaTransaction, type SagaTransaction } from "./documents.js";
import { parts, type WaitPlace } from "./records.js";

/** The fields of a shape, each as a path, in order. */
type Shape = readonly (readonly string[])[];

/** Who waits: a command of a run of an instance. */
export interface Waiter {
  readonly key: string;
  readonly run: number;
  readonly command: number;
}

/** Events and waits of the same shape and values. */
interface Place {
  readonly waits: readonly Waiter[];
  /** Names of recent events. */
  readonly events: readonly string[];
}

/** An event that is kept for a while. */
interface Recent {
  readonly event: unknown;
  readonly places: readonly string[];
}

export interface Met {
  /** Names the event, to be seen once by each instance. */
  readonly name: string;
  readonly event: unknown;
}

/** Nobody has waited for such fields before: every process has to learn of it first. */
export class NewShape extends Error {
  constructor(
    readonly type: string,
    readonly shape: Shape,
  ) {
    super("a new shape");
  }
}

export interface MeetingParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Of the saga. */
  readonly collection: string;
  readonly patienceMs: number;
}

/** For so long a process goes by the shapes it has read, where others may add to them. */
const shapesKnownMs = 500;
/** After this time all transactions that went by less have ended. */
const settledMs = 2_000;
const page = 200;
/** Against other transactions. */
const retries = 10;

/** What is said of a shape, as JSON. */
const [announced, ready] = ['"announced"', '"ready"'];

const empty: Place = { waits: [], events: [] };

interface KnownShape {
  readonly shape: Shape;
  /** Events that came before it was known have come to their places: it can be waited for. */
  readonly isReady: boolean;
}

export class Meetings {
  readonly #parts: MeetingParts;
  readonly #committed: Documents;
  /** By type, and until when they are known well enough. */
  #shapes: ReadonlyMap<string, readonly KnownShape[]> = new Map();
  #knownUntil = 0;

  constructor(given: MeetingParts) {
    this.#parts = given;
    this.#committed = committedDocuments(given.store, given.collection);
  }

  /** An event comes: who waits for it. It stays for those who will. */
  async arrive(
    tx: SagaTransaction,
    event: MeshEvent,
    stored: unknown,
  ): Promise<{ readonly name: string; readonly waiters: readonly Waiter[] }> {
    const places = (await this.#known(tx, event.type)).map(({ shape }) =>
      placeOf(event.type, shape, valuesOf(event, shape)),
    );
    const found = await this.#read(tx, places);
    const name = await this.#keep(tx, event, { event: stored, places });
    const waiters = places.flatMap((place) => found.get(place)?.waits ?? []);
    const changes = places.map((place) => {
      const { events } = found.get(place) ?? empty;
      return change(place, { waits: [], events: name === undefined ? events : [...events, name] });
    });
    await tx.documents.write(parts.waits, changes);
    return { name: name ?? "", waiters };
  }

  /**
   * Somebody begins to wait. An event that is there and that he has not seen yet is his at once; else he is found when one comes.
   *
   * @throws NewShape
   */
  async wait(
    tx: SagaTransaction,
    { type, where = {}, waiter, seen }: Waiting,
  ): Promise<{ readonly place: string; readonly met?: Met }> {
    const { shape, values } = shapeOf(where);
    const known = await this.#known(tx, type);
    if (!known.some((one) => one.isReady && same(one.shape, shape))) throw new NewShape(type, shape);
    const place = placeOf(type, shape, values);
    const here = (await this.#read(tx, [place])).get(place) ?? empty;
    const met = await this.#unseen(tx, here.events, seen);
    const waits = met ? here.waits : [...here.waits, waiter];
    await tx.documents.write(parts.waits, [change(place, { ...here, waits })]);
    return met ? { place, met } : { place };
  }

  /** An instance no longer waits: commands, each at its place. */
  async leave(tx: SagaTransaction, gone: readonly WaitPlace[], key: string): Promise<void> {
    if (gone.length === 0) return;
    const found = await this.#read(tx, [...new Set(gone.map(({ place }) => place))]);
    const isGone = (at: string, waiter: Waiter): boolean =>
      waiter.key === key && gone.some(({ place, command }) => place === at && command === waiter.command);
    const changes = [...found].map(([place, { waits, events }]) =>
      change(place, { waits: waits.filter((one) => !isGone(place, one)), events }),
    );
    await tx.documents.write(parts.waits, changes);
  }

  /** After this time everybody goes by a shape that was made known. */
  get knownAfterMs(): number {
    return this.#isAlone ? 0 : settledMs;
  }

  /** In one process each transaction is after the other, and reads the shapes itself. */
  get #isAlone(): boolean {
    return this.#parts.store.capabilities.reach === "process";
  }

  /** Reads which shapes there are, unless that was done of late. To be called before each transaction: in it that locks them. */
  async refresh(): Promise<void> {
    const { clock } = this.#parts;
    if (this.#isAlone || clock.now() < this.#knownUntil) return;
    const until = clock.now() + shapesKnownMs;
    this.#shapes = shapesIn(await this.#committed.list(parts.shapes));
    this.#knownUntil = until;
  }

  /** Makes a shape known. */
  async learn({ type, shape }: NewShape): Promise<void> {
    const key = JSON.stringify([type, shape]);
    await this.#transact(async (tx) => {
      const found = await tx.documents.read(parts.shapes, [key]);
      if (found.size === 0) await tx.documents.write(parts.shapes, [{ key, body: announced }]);
    });
    this.#knownUntil = 0;
  }

  /** Events that were kept before this shape was known come to their places. To be done once everybody knows of it. */
  async gather({ type, shape }: NewShape): Promise<void> {
    await this.#transact(async (tx) => {
      for (const { key, body } of await tx.documents.list(parts.recent, {
        prefix: ofType(type),
        limit: 10_000,
      })) {
        const recent = JSON.parse(body) as Recent;
        const place = placeOf(type, shape, valuesOf(recent.event as MeshEvent, shape));
        if (recent.places.includes(place)) continue;
        const here = (await this.#read(tx, [place])).get(place) ?? empty;
        const events = [...here.events, key].sort();
        await tx.documents.write(parts.waits, [change(place, { ...here, events })]);
        const moved: Recent = { ...recent, places: [...recent.places, place] };
        await tx.documents.write(parts.recent, [{ key, body: JSON.stringify(moved) }]);
      }
      await tx.documents.write(parts.shapes, [{ key: JSON.stringify([type, shape]), body: ready }]);
    });
  }

  /** Forgets events of this type that have been kept for long enough. */
  async sweep(type: string): Promise<void> {
    const { clock, patienceMs } = this.#parts;
    const behind = nameAt(type, clock.now() - patienceMs);
    for (;;) {
      const oldest = await this.#committed.list(parts.recent, { prefix: ofType(type), limit: page });
      const old = oldest.filter(({ key }) => key < behind);
      if (old.length === 0) return;
      await this.#transact((tx) => this.#forget(tx, old));
      if (old.length < page) return;
    }
  }

  #transact(work: (tx: SagaTransaction) => Promise<void>): Promise<void> {
    const { store, collection } = this.#parts;
    return inSagaTransaction(store, collection, work, { retries });
  }

  async #forget(tx: SagaTransaction, old: readonly StoredDocument[]): Promise<void> {
    const gone = new Set(old.map(({ key }) => key));
    const places = old.flatMap(({ body }) => (JSON.parse(body) as Recent).places);
    const found = await this.#read(tx, [...new Set(places)]);
    const changes = [...found].map(([place, { waits, events }]) =>
      change(place, { waits, events: events.filter((one) => !gone.has(one)) }),
    );
    await tx.documents.write(parts.waits, changes);
    await tx.documents.write(
      parts.recent,
      old.map(({ key }) => ({ key, body: undefined })),
    );
  }

  async #keep(tx: SagaTransaction, event: MeshEvent, recent: Recent): Promise<string | undefined> {
    const { clock, patienceMs } = this.#parts;
    if (patienceMs === 0) return undefined;
    const name = nameOf(event, clock.now());
    await tx.documents.write(parts.recent, [{ key: name, body: JSON.stringify(recent) }]);
    return name;
  }

  async #unseen(
    tx: SagaTransaction,
    names: readonly string[],
    seen: (name: string) => boolean,
  ): Promise<Met | undefined> {
    const { clock, patienceMs } = this.#parts;
    const since = clock.now() - patienceMs;
    const name = names.find((one) => !seen(one) && cameAt(one) >= since);
    if (name === undefined) return undefined;
    const body = (await tx.documents.read(parts.recent, [name])).get(name);
    if (body === undefined) return undefined;
    return { name, event: (JSON.parse(body) as Recent).event };
  }

  async #read(tx: SagaTransaction, places: readonly string[]): Promise<Map<string, Place>> {
    const bodies = await tx.documents.read(parts.waits, places);
    return new Map([...bodies].map(([place, body]) => [place, JSON.parse(body) as Place]));
  }

  async #known(tx: SagaTransaction, type: string): Promise<readonly KnownShape[]> {
    const isFresh = !this.#isAlone && this.#parts.clock.now() < this.#knownUntil;
    // It had to wait for a connection, say.
    const shapes = isFresh ? this.#shapes : shapesIn(await tx.documents.list(parts.shapes));
    return shapes.get(type) ?? [];
  }
}

function shapesIn(documents: readonly StoredDocument[]): Map<string, KnownShape[]> {
  const shapes = new Map<string, KnownShape[]>();
  for (const { key, body } of documents) {
    const [type, shape] = JSON.parse(key) as [string, Shape];
    shapes.set(type, [...(shapes.get(type) ?? []), { shape, isReady: body === ready }]);
  }
  return shapes;
}

export interface Waiting {
  readonly type: string;
  readonly where: object | undefined;
  readonly waiter: Waiter;
  /** Whether the instance has had this event before. */
  readonly seen: (name: string) => boolean;
}

const change = (place: string, { waits, events }: Place): { key: string; body: string | undefined } => ({
  key: place,
  body: waits.length + events.length === 0 ? undefined : JSON.stringify({ waits, events }),
});

/** In JSON no type is the beginning of another. */
const ofType = (type: string): string => `${JSON.stringify(type)} `;

const nameAt = (type: string, at: number): string => ofType(type) + String(Math.floor(at)).padStart(15, "0");

let counted = 0;

/** Counted, since several may come in a millisecond. */
function nameOf(event: MeshEvent, at: number): string {
  counted = (counted + 1) % 1e9;
  const count = String(counted).padStart(9, "0");
  return `${nameAt(event.type, at)} ${count} ${hash("sha256", JSON.stringify([event.source, event.id])).slice(0, 16)}`;
}

/** When the event of this name came. */
export function cameAt(name: string): number {
  return Number(/ (\d{15}) \d{9} [^ ]*$/.exec(name)?.[1]);
}

function placeOf(type: string, shape: Shape, values: readonly unknown[]): string {
  return `${ofType(type)}${JSON.stringify(shape)} ${hash("sha256", JSON.stringify(values)).slice(0, 32)}`;
}

/** The fields of a `where`, and what they have to be. */
function shapeOf(where: object): { readonly shape: Shape; readonly values: readonly unknown[] } {
  const leaves: [readonly string[], unknown][] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value)) walk(inner, [...path, name]);
    } else leaves.push([path, value ?? null]);
  };
  walk(where, []);
  leaves.sort(([one], [other]) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
  return { shape: leaves.map(([path]) => path), values: leaves.map(([, value]) => value) };
}

function valuesOf(event: MeshEvent, shape: Shape): readonly unknown[] {
  return shape.map((path) => {
    let value: unknown = event;
    for (const name of path) {
      value =
        typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    }
    return value ?? null;
  });
}

const same = (one: Shape, other: Shape): boolean => JSON.stringify(one) === JSON.stringify(other);
