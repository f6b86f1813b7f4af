// Named in vitest.config.ts. Starts nothing: a server starts when a test first asks for it with `shared: true`.
import { shareServers } from "@meshwright/testing";

export async function setup(): Promise<() => Promise<void>> {
  const servers = await shareServers();
  return async () => servers[Symbol.asyncDispose]();
}
