/** The events that have come, and those that are waited for. */
import type { AnyEventDefinition, EventOf, MeshEvent } from "@meshwright/core";

export interface Timeline {
  readonly events: readonly MeshEvent[];
  add(event: MeshEvent): void;
  /**
   * The first event of a type with these fields in its data, whether it has come or will.
   *
   * @throws Error where it does not come within 20 seconds
   */
  first<D extends AnyEventDefinition>(
    definition: D,
    data: Readonly<Record<string, unknown>>,
  ): Promise<EventOf<D>>;
}

const deadlineMs = 20_000;

export function timeline(): Timeline {
  const events: MeshEvent[] = [];
  const waiting = new Set<(event: MeshEvent) => void>();
  return {
    events,
    add(event) {
      events.push(event);
      for (const look of [...waiting]) look(event);
    },
    first<D extends AnyEventDefinition>({ type }: D, data: Readonly<Record<string, unknown>>) {
      return new Promise<EventOf<D>>((resolve, reject) => {
        const late = setTimeout(() => {
          waiting.delete(look);
          reject(new Error(`${type} ${JSON.stringify(data)} did not come within ${deadlineMs} ms.`));
        }, deadlineMs);
        const look = (event: MeshEvent): void => {
          if (event.type !== type || !fits(event.data, data)) return;
          clearTimeout(late);
          waiting.delete(look);
          resolve(event as EventOf<D>);
        };
        waiting.add(look);
        events.forEach(look);
      });
    },
  };
}

function fits(data: unknown, wanted: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(wanted).every(([name, value]) => (data as Record<string, unknown>)[name] === value);
}
