import { appendFileSync } from "node:fs";
import type { Plugin } from "@meshwright/core";

/** One attempt of a group to handle one event, as its service saw it end. A killed attempt leaves no line. */
export interface JournalLine {
  readonly group: string;
  readonly key: string;
  readonly source: string;
  readonly id: string;
  readonly type: string;
  readonly attempt: number;
  readonly outcome: "handled" | "failed";
}

/**
 * A plugin that writes down how every attempt ended. The demo's last check reads it, as an account of what each
 * service did that does not come from the broker.
 */
export function journal(path: string): Plugin {
  return {
    name: "journal",
    async consume({ source, id, type }, { group, key, attempt }, next) {
      const write = (outcome: JournalLine["outcome"]): void => {
        const line: JournalLine = { group, key, source, id, type, attempt, outcome };
        // Written at once: a line must not wait in the memory of a process that may be killed.
        appendFileSync(path, `${JSON.stringify(line)}\n`);
      };
      try {
        await next();
      } catch (error) {
        write("failed");
        throw error;
      }
      write("handled");
    },
  };
}
