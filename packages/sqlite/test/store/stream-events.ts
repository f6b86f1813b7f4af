import type { LogEvent, MeshEvent, ReadAllOptions, ReadStreamOptions, StreamEvent } from "@meshwright/core";
import type { Store, Transaction } from "@meshwright/core/adapter";

let made = 0;

export function event(over: Partial<MeshEvent> = {}): MeshEvent {
  made++;
  return { specversion: "1.0", id: `event-${made}`, source: "/shop", type: "test.v1", data: made, ...over };
}

export function events(count: number, over: Partial<MeshEvent> = {}): MeshEvent[] {
  return Array.from({ length: count }, () => event(over));
}

export function idsOf(list: readonly { readonly event: MeshEvent }[]): string[] {
  return list.map((one) => one.event.id);
}

export function readStream(
  store: Store,
  stream: string,
  options?: ReadStreamOptions<Transaction>,
): Promise<StreamEvent[]> {
  return all(store.streams.read(stream, options));
}

export function readLog(store: Store, options?: ReadAllOptions): Promise<LogEvent[]> {
  return all(store.streams.readAll(options));
}

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}
