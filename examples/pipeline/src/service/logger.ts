import type { Logger } from "@meshwright/core";

/** JSON lines on stderr, from "warn" up. A pino logger fits in the same place. */
export const stderrLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (fields, message) => write("warn", fields, message),
  error: (fields, message) => write("error", fields, message),
};

function write(level: string, fields: object, message: string): void {
  console.error(JSON.stringify({ level, time: new Date().toISOString(), message, ...fields }, errorsAsText));
}

function errorsAsText(_name: string, value: unknown): unknown {
  return value instanceof Error ? value.stack : value;
}
