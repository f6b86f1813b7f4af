import {
  createMesh,
  type Decider,
  decider,
  defineCatalog,
  defineEvent,
  type MemoryRows,
  type Mesh,
  memoryBroker,
  memoryStore,
  type SnapshotPolicy,
  type Store,
} from "@meshwright/core";
import { onTestFinished } from "vitest";

const by = { type: "object", required: ["by"], properties: { by: { type: "string" } } } as const;

export const opened = defineEvent("com.acme.release.opened.v1", { schema: by });
export const approvedV1 = defineEvent("com.acme.release.approved.v1", { schema: by });
export const approved = defineEvent("com.acme.release.approved.v2", {
  schema: {
    type: "object",
    required: ["by", "weight"],
    properties: { by: { type: "string" }, weight: { type: "integer" } },
  },
});
export const catalog = defineCatalog([opened, approvedV1, approved]).upcast(
  "com.acme.release.approved.v1",
  "com.acme.release.approved.v2",
  (data) => ({ ...data, weight: 1 }),
);

export interface Release {
  readonly isOpen: boolean;
  readonly approvals: readonly string[];
  readonly weight: number;
}
export type Command = { readonly open: string } | { readonly approve: string; readonly twice?: boolean };

export class Refused extends Error {}

/** A release is opened once, then approved by many; whoever has approved it does so no second time. */
export function releases(
  options: { publish?: boolean; snapshot?: SnapshotPolicy; evolved?: () => void } = {},
): Decider<Release, Command, (typeof catalog.definitions)[number]["type"]> {
  const { evolved, ...rest } = options;
  return decider({
    ...rest,
    catalog,
    initial: { isOpen: false, approvals: [], weight: 0 } as Release,
    evolve(state, event) {
      evolved?.();
      if (event.type === "com.acme.release.opened.v1") return { ...state, isOpen: true };
      return {
        ...state,
        approvals: [...state.approvals, event.data.by],
        weight: state.weight + event.data.weight,
      };
    },
    decide(command: Command, state) {
      if ("open" in command) {
        return state.isOpen ? undefined : { type: "com.acme.release.opened.v1", data: { by: command.open } };
      }
      if (!state.isOpen) throw new Refused("it is not open");
      const approval = {
        type: "com.acme.release.approved.v2",
        data: { by: command.approve, weight: 1 },
      } as const;
      if (state.approvals.includes(command.approve)) return [];
      return command.twice === true ? [approval, approval] : [approval];
    },
  });
}

export async function startedMesh(
  store: Store<MemoryRows> = memoryStore(),
  before: (mesh: Mesh<typeof catalog, MemoryRows>) => void = () => undefined,
): Promise<Mesh<typeof catalog, MemoryRows>> {
  const mesh = createMesh({ service: "shop", catalog, broker: memoryBroker(), store });
  onTestFinished(() => mesh.stop({ timeout: 0 }));
  before(mesh);
  await mesh.start();
  return mesh;
}

/** The versions and types of a stream. */
export async function typesOf(store: Store<MemoryRows>, stream: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { version, event } of store.streams.read(stream)) found.push(`${version} ${event.type}`);
  return found;
}
