import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";

/** How events of one type become events of a newer one. */
export interface Upcast {
  readonly from: string;
  readonly to: string;
  /** The data of the new version, from that of the old. Must be synchronous and without side effects. */
  readonly convert: (data: unknown, event: MeshEvent) => unknown;
}

/** All upcasts of a catalog: at most one from each type, and no way back, so every type has one newest version. */
export class Upcasts {
  readonly #byFrom = new Map<string, Upcast>();

  get all(): ReadonlyMap<string, Upcast> {
    return this.#byFrom;
  }

  /** @throws ConfigurationError `UPCAST_DUPLICATE`, `UPCAST_CYCLE` */
  add(upcast: Upcast): void {
    const { from, to } = upcast;
    const existing = this.#byFrom.get(from);
    if (existing === upcast) return; // It came over two catalogs that share a third.
    if (existing !== undefined) {
      throw new ConfigurationError(
        "UPCAST_DUPLICATE",
        `An upcast from ${from} to ${to}: there is one to ${existing.to} already. A type has one next version; chain further ones from there.`,
      );
    }
    if (this.newest(to) === from) {
      throw new ConfigurationError(
        "UPCAST_CYCLE",
        `An upcast from ${from} to ${to} would close a circle, because ${to} is lifted to ${from}. Remove one of them.`,
      );
    }
    this.#byFrom.set(from, upcast);
  }

  /** The last type of the chain that begins at `type`; `type` itself where there is none. */
  newest(type: string): string {
    let newest = type;
    for (let next = this.#byFrom.get(type); next !== undefined; next = this.#byFrom.get(newest))
      newest = next.to;
    return newest;
  }

  /** Every type that lifts to `type`, directly or over others. */
  predecessors(type: string): readonly string[] {
    const found: string[] = [];
    const collect = (to: string): void => {
      for (const upcast of this.#byFrom.values()) {
        if (upcast.to !== to) continue;
        found.push(upcast.from);
        collect(upcast.from);
      }
    };
    collect(type);
    return found;
  }
}
