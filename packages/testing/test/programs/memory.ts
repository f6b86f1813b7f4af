import { memoryBroker, memoryServer } from "@meshwright/core";
import type { Broker } from "@meshwright/core/adapter";

/** A memory broker in a process of its own: it shares its server with nobody, which is enough to test the line. */
export function create(
  options: { readonly leaseMs?: number; readonly fail?: string; readonly linger?: boolean } | null,
): Broker {
  if (options?.fail !== undefined) throw new Error(options.fail);
  // As a broker with a socket would, it keeps its process alive by itself.
  if (options?.linger === true) setInterval(() => undefined, 1_000);
  return memoryBroker({ server: memoryServer(), leaseMs: options?.leaseMs ?? 300 });
}
