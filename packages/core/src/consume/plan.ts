import type { MeshEvent } from "../event/event.js";
import { compileFilter } from "../routing/filter.js";
import type { Catalog } from "../schema/catalog.js";
import type { Handler } from "./handler.js";

const rememberedTypes = 10_000;

interface Candidate {
  readonly handler: Handler;
  readonly wants: ((event: MeshEvent) => boolean) | undefined;
}

/** The handlers of a type, with and without a look at what else they want. */
interface Plan {
  readonly candidates: readonly Candidate[];
  readonly handlers: readonly Handler[];
  readonly filtered: boolean;
}

/** Which handlers of a group are for an event: decided once per type, then looked up. */
export class Planner {
  readonly #plans = new Map<string, Plan>();
  readonly #candidates: readonly Candidate[];

  constructor(
    private readonly catalog: Catalog,
    handlers: readonly Handler[],
    /** Called when a predicate throws; the event does not match then. */
    onFilterError: (error: unknown) => void,
  ) {
    this.#candidates = handlers.map((handler) => {
      const { where } = handler;
      return { handler, wants: where && compileFilter(where, { onError: onFilterError }) };
    });
  }

  /** Whether any handler is for events that arrive with this type. */
  concerns(type: string): boolean {
    return this.#plan(type).handlers.length > 0;
  }

  /** The handlers that want this event, in order of registration. */
  wanting(event: MeshEvent): readonly Handler[] {
    const { candidates, handlers, filtered } = this.#plan(event.type);
    if (!filtered) return handlers;
    return candidates.filter(({ wants }) => wants?.(event) ?? true).map(({ handler }) => handler);
  }

  /** Types come from the wire, so what is remembered is bounded. */
  #plan(type: string): Plan {
    const known = this.#plans.get(type);
    if (known !== undefined) return known;
    if (this.#plans.size >= rememberedTypes) this.#plans.clear();
    const newest = this.catalog.newest(type);
    const candidates = this.#candidates.filter(({ handler }) => handler.matchesType(newest));
    const handlers = candidates.map(({ handler }) => handler);
    const plan = { candidates, handlers, filtered: candidates.some(({ wants }) => wants !== undefined) };
    this.#plans.set(type, plan);
    return plan;
  }
}
