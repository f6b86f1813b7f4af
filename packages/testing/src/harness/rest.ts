import type { Duration, GroupHealth, MemoryServer } from "@meshwright/core";
import { durationMs, MeshError } from "@meshwright/core/adapter";
import { eventually } from "../waiting.js";

/** As much of a mesh as it takes to see whether it rests; the same for every catalog. */
interface Observed {
  health(): Promise<{ readonly groups: readonly GroupHealth[] }>;
}

// Meshes that share a server settle together: what one handles may be work for another.
const meshes = new WeakMap<MemoryServer, Set<Observed>>();

/** How often the same picture of rest must be seen: between two looks at meshes one may have given work to another. */
const looks = 3;

/** Watches a mesh, together with the others of its server. */
export function restOf(
  server: MemoryServer,
  mesh: Observed,
): { settled(options?: { readonly deadline?: Duration }): Promise<void> } {
  const together = meshes.get(server) ?? new Set();
  meshes.set(server, together.add(mesh));
  return { settled: (options = {}) => settled(together, durationMs(options.deadline ?? "5s", "deadline")) };
}

async function settled(together: ReadonlySet<Observed>, deadlineMs: number): Promise<void> {
  let groups: readonly GroupHealth[] = [];
  let last = "";
  let seen = 0;
  const look = async (): Promise<boolean> => {
    const healths = await Promise.all([...together].map((mesh) => mesh.health()));
    groups = healths.flatMap((health) => health.groups);
    const picture = JSON.stringify(groups);
    seen = picture === last && groups.every(rests) ? seen + 1 : 0;
    last = picture;
    return seen >= looks;
  };
  await eventually("all groups come to rest", look, { deadlineMs }).catch((cause: unknown) => {
    throw cause instanceof MeshError && cause.code === "DEADLINE" ? notSettled(groups, deadlineMs) : cause;
  });
}

function notSettled(groups: readonly GroupHealth[], deadlineMs: number): MeshError {
  const busy = groups.filter((group) => !rests(group)).map(describe);
  return new MeshError(
    "NOT_SETTLED",
    `After ${deadlineMs} ms there is still work: ${busy.join("; ")}. A handler that waits for the clock needs it advanced.`,
  );
}

/** Nothing is being handled, and what there is waits for its time, or behind something that does. */
function rests(group: GroupHealth): boolean {
  return group.inFlight === 0 && (group.lag === 0 || group.delayed > 0);
}

function describe({ group, channel, lag, inFlight, delayed }: GroupHealth): string {
  return `${group} on ${channel}: ${lag} to do, ${inFlight} in flight, ${delayed} delayed`;
}
