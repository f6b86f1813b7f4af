import { memoryBroker, memoryServer } from "@meshwright/core";
import type { Broker } from "@meshwright/core/adapter";

/** A memory broker in a process of its own: it shares its server with nobody, which is enough to test the line. */
export function create(options: { readonly leaseMs?: number; readonly fail?: string } | null): Broker {
  if (options?.fail !== undefined) throw new Error(options.fail);
  return memoryBroker({ server: memoryServer(), leaseMs: options?.leaseMs ?? 300 });
}
