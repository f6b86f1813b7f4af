import type { Store, Transaction } from "../store/contract.js";
import type { Documents } from "../store/documents.js";
import { ancestors, origin } from "./chain.js";
import type { ArchiveHead } from "./proof.js";

/** What is kept of a position: the hash of its entry, and its link. */
export interface Kept {
  readonly entry: string;
  readonly link: string;
}

/** The links of an archive: documents by position. */
export class Links {
  readonly #store: Store;
  readonly #name: string;

  constructor(store: Store, name: string) {
    this.#store = store;
    this.#name = name;
  }

  async head(): Promise<ArchiveHead> {
    const all = await this.#store.checkpoints(this.#name);
    const position = all.find(({ name }) => name === this.#name)?.position ?? 0;
    const kept = await this.read([position]);
    return { position, hash: position === 0 ? origin : (kept.get(position)?.link ?? "missing") };
  }

  /** Those that the links behind a position are made of. */
  async rootsAfter(position: number, tx: Transaction): Promise<Map<number, string>> {
    const kept = await this.read(ancestors(position), tx.documents);
    return new Map([[0, origin], ...[...kept].map(([at, { link }]) => [at, link] as const)]);
  }

  async read(
    positions: readonly number[],
    documents: Documents = this.#store.documents,
  ): Promise<ReadonlyMap<number, Kept>> {
    const bodies = await documents.read(this.#name, positions.map(keyOf));
    return new Map([...bodies].map(([key, body]) => [Number(key), keptIn(body)]));
  }

  async write(kept: ReadonlyMap<number, Kept>, tx: Transaction): Promise<void> {
    const changes = [...kept].map(([position, { entry, link }]) => ({
      key: keyOf(position),
      body: JSON.stringify([entry, link]),
    }));
    await tx.documents.write(this.#name, changes);
  }
}

/** So that keys are in the order of positions. */
function keyOf(position: number): string {
  return String(position).padStart(16, "0");
}

/** Somebody may have changed it: then it is what no hash is equal to. */
function keptIn(body: string): Kept {
  try {
    const [entry, link]: unknown[] = JSON.parse(body);
    return { entry: String(entry), link: String(link) };
  } catch {
    return { entry: "", link: "" };
  }
}
