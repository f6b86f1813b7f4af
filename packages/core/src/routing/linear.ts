/** The router that asks every filter in turn: short enough to be trusted, so the others are tested against it. */
import type { MeshEvent } from "../event/event.js";
import type { FilterNode } from "./ast.js";
import { evaluate } from "./evaluate.js";
import type { Filter, FilterOptions } from "./filter.js";
import { parseFilter } from "./parse.js";
import type { Router } from "./router.js";

/** A router whose `match` takes time in proportion to the number of filters. */
export function createLinearRouter<Target, E extends MeshEvent = MeshEvent>(
  options: FilterOptions = {},
): Router<Target, E> {
  const rules = new Map<Target, FilterNode[]>();
  const onError = options.onError ?? (() => undefined);

  return {
    get size(): number {
      return [...rules.values()].reduce((total, nodes) => total + nodes.length, 0);
    },
    add(filter: Filter<E>, target: Target): void {
      const node = parseFilter(filter);
      const nodes = rules.get(target);
      if (nodes === undefined) rules.set(target, [node]);
      else nodes.push(node);
    },
    remove(target: Target): boolean {
      return rules.delete(target);
    },
    match(event: E): Target[] {
      return [...rules]
        .filter(([, nodes]) => nodes.some((node) => evaluate(node, event, onError)))
        .map(([target]) => target);
    },
  };
}
