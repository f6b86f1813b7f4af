/**
 * A journal: what has happened to one run of a saga, entry by entry, in the order in which the function learned of it. `command`
 * says of which of its commands an entry tells, counted from 0 in the order in which the function gave them.
 */
import type { ErrorRecord } from "./errors.js";

export type JournalEntry =
  | CommandEntry
  /** Somebody asked it to stop. */
  | { readonly kind: "cancel"; readonly reason: string }
  | { readonly kind: "patched"; readonly name: string }
  | EndEntry;

export type CommandEntry = {
  readonly command: number;
} /** A value that is the same whenever the code runs again. */ & (
  | { readonly kind: "value"; readonly name: "now" | "random" | "uuid"; readonly value: unknown }
  | { readonly kind: "published"; readonly name: string; readonly event: unknown }
  /** It could not be published: it does not fit its schema, say. */
  | { readonly kind: "refused"; readonly name: string; readonly error: ErrorRecord }
  | { readonly kind: "step"; readonly name: string; readonly value?: unknown }
  /** An attempt of a step has failed. Without `due` it was the last one. */
  | {
      readonly kind: "attempt";
      readonly name: string;
      readonly attempt: number;
      readonly error: ErrorRecord;
      readonly due?: number;
    }
  | { readonly kind: "waiting"; readonly name: string; readonly due?: number }
  | { readonly kind: "event"; readonly name: string; readonly event: unknown }
  | { readonly kind: "signalled"; readonly name: string; readonly value?: unknown }
  | { readonly kind: "timeout"; readonly name: string }
  | { readonly kind: "sleeping"; readonly due: number }
  | { readonly kind: "woke" }
);

export type EndState = "completed" | "failed" | "compensated" | "cancelled";

export interface EndEntry {
  readonly kind: "end";
  readonly state: EndState;
  /** What the function returned. */
  readonly value?: unknown;
  /** The data that the next run begins with. */
  readonly next?: unknown;
  readonly error?: ErrorRecord;
}

/** How the entry calls its command: what a command is compared by. */
export function commandOf(entry: CommandEntry): string {
  switch (entry.kind) {
    case "value":
      return `run.${entry.name}`;
    case "published":
    case "refused":
      return `publish "${entry.name}"`;
    case "step":
    case "attempt":
      return `step "${entry.name}"`;
    case "waiting":
    case "event":
    case "signalled":
    case "timeout":
      return `wait "${entry.name}"`;
    case "sleeping":
    case "woke":
      return "run.sleep";
  }
}
