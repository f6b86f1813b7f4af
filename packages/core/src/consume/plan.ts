import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "../schema/catalog.js";
import type { Handler } from "./handler.js";

const rememberedTypes = 10_000;

/** Which handlers of a group are for an event: decided once per type, then looked up. */
export class Planner {
  readonly #byType = new Map<string, readonly Handler[]>();

  constructor(
    private readonly catalog: Catalog,
    private readonly handlers: readonly Handler[],
  ) {}

  /** Whether any handler is for events that arrive with this type. */
  concerns(type: string): boolean {
    return this.#forType(type).length > 0;
  }

  /** The handlers that want this event, in order of registration. */
  wanting(event: MeshEvent): readonly Handler[] {
    const candidates = this.#forType(event.type);
    if (candidates.every((handler) => handler.wants === undefined)) return candidates;
    return candidates.filter((handler) => handler.wants === undefined || handler.wants(event));
  }

  /** Types come from the wire, so what is remembered is bounded. */
  #forType(type: string): readonly Handler[] {
    const known = this.#byType.get(type);
    if (known !== undefined) return known;
    if (this.#byType.size >= rememberedTypes) this.#byType.clear();
    const newest = this.catalog.newest(type);
    const found = this.handlers.filter((handler) => handler.matchesType(newest));
    this.#byType.set(type, found);
    return found;
  }
}
