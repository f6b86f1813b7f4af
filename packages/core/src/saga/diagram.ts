/** A run of a saga as a picture. */
import type { CommandEntry, JournalEntry } from "./journal.js";
import type { SagaHistory } from "./operations.js";

/**
 * What happened to an instance, as a sequence diagram of Mermaid.
 *
 * @param history - of `mesh.sagas.get`
 * @example console.log(sagaDiagram(await mesh.sagas.get("rollout", "web")));
 */
export function sagaDiagram({ saga, key, start, state, journal }: SagaHistory): string {
  const lines = [
    "sequenceDiagram",
    "  participant events",
    `  participant saga as ${quoted(`${saga} ${key}`)}`,
    "  participant outside",
    `  events->>saga: ${quoted(start.type)}`,
    ...journal.flatMap(lineOf),
    `  note over saga: ${state}`,
  ];
  return `${lines.join("\n")}\n`;
}

function lineOf(entry: JournalEntry): string[] {
  switch (entry.kind) {
    case "cancel":
      return [`  note over saga: cancelled, ${quoted(entry.reason)}`];
    case "patched":
    case "end":
      return [];
    default:
      return commandLine(entry);
  }
}

function commandLine(entry: CommandEntry): string[] {
  switch (entry.kind) {
    case "step":
      return [`  saga->>outside: ${quoted(entry.name)}`];
    case "attempt":
      return [`  saga--xoutside: ${quoted(entry.name)}, attempt ${entry.attempt} failed`];
    case "published":
      return [`  saga->>events: ${quoted(entry.name)}`];
    case "refused":
      return [`  saga--xevents: ${quoted(entry.name)}, refused`];
    case "event":
      return [`  events->>saga: ${quoted(entry.name)}`];
    case "signalled":
      return [`  outside->>saga: ${quoted(entry.name)}`];
    case "waiting":
      return [`  note over saga: waits for ${quoted(entry.name)}`];
    case "timeout":
      return [`  note over saga: no ${quoted(entry.name)} in time`];
    case "sleeping":
      return [`  note over saga: until ${new Date(entry.due).toISOString()}`];
    case "woke":
    case "value":
      return [];
  }
}

/** What would end a line or a text in Mermaid, by its number. */
function quoted(text: string): string {
  return text.replace(/[#;:\n\r%{}<>"]/g, (one) => `#${one.codePointAt(0)};`);
}
