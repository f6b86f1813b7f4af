import type { CdEvent } from "@meshwright/cdevents";
import type { MeshEvent } from "@meshwright/core";
import { chainOf } from "./promises.js";

/** An event, and what followed from it. */
export interface TreeNode {
  readonly event: MeshEvent;
  readonly because: "change" | "commit" | "cause";
  readonly children: readonly TreeNode[];
}

/**
 * The causal tree of one change. The change's own events are joined by its subject id; under each of them stands what
 * happened to its commit, joined by the chain; and under each event what a service published while handling it, joined
 * by `causationid`.
 *
 * @param subject the pull request: "acme/shop/pull/7"
 * @param events in the order in which they were stored
 */
export function changeTree(subject: string, events: readonly MeshEvent[]): TreeNode | undefined {
  const [created, ...later] = events.filter((event) => event.subject === subject);
  if (created === undefined) return undefined;
  const causes = (event: MeshEvent): TreeNode[] =>
    events
      .filter(({ causationid }) => causationid === event.id)
      .map((effect) => ({ event: effect, because: "cause", children: causes(effect) }));
  const placed = new Set<string>();
  const ofCommit = (change: MeshEvent): TreeNode[] => {
    const chain = chainOf(change);
    if (chain === undefined || placed.has(chain)) return [];
    placed.add(chain);
    return events
      .filter((event) => chainOf(event) === chain && event.subject !== subject)
      .filter((event) => event.causationid === undefined)
      .map((event) => ({ event, because: "commit", children: causes(event) }));
  };
  const below = (change: MeshEvent): TreeNode[] => [...ofCommit(change), ...causes(change)];
  const changes = later.map((event): TreeNode => ({ event, because: "change", children: below(event) }));
  return { event: created, because: "change", children: [...below(created), ...changes] };
}

/** The tree as lines of text, with the milliseconds since its first event. */
export function printTree(root: TreeNode): string[] {
  const start = Date.parse(root.event.time ?? "");
  const lines: string[] = [];
  const line = (node: TreeNode, indent: string): void => {
    const after = Date.parse(node.event.time ?? "") - start;
    const text = `${indent}${label(node.event)}`;
    lines.push(`${text.padEnd(62)} ${`+${after} ms`.padStart(10)}   ${details(node)}`.trimEnd());
  };
  const walk = (nodes: readonly TreeNode[], indent: string): void => {
    for (const [index, node] of nodes.entries()) {
      const last = index === nodes.length - 1;
      line(node, `${indent}${last ? "└─" : "├─"} `);
      walk(node.children, `${indent}${last ? "   " : "│  "}`);
    }
  };
  line(root, "");
  walk(root.children, "");
  return lines;
}

/** "dev.cdevents.change.merged.0.3.0" as "change.merged". */
function label({ type }: MeshEvent): string {
  return type.replace(/^(dev\.cdeventsx?|com\.example)\./, "").replace(/\.(v?\d+)(\.\d+)*$/, "");
}

const joinedBy = { change: "same change", commit: "same commit", cause: "caused by it" };

function details({ event, because }: TreeNode): string {
  const facts = factsOf(event);
  return facts === "" ? joinedBy[because] : `${joinedBy[because]}; ${facts}`;
}

function factsOf({ type, data }: MeshEvent): string {
  if (type.startsWith("com.example.")) {
    const { critical, high } = data as { readonly critical: number; readonly high: number };
    return `${critical} critical, ${high} high`;
  }
  const { subject } = data as CdEvent;
  const content = Object(subject.content);
  if (type.includes(".service.")) return `${subject.id} in ${content.environment.id}`;
  return content.outcome ?? content.description ?? (type.includes(".artifact.") ? subject.id : "");
}
