import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export type Payload = { readonly [key: string]: unknown };

interface ExampleFile {
  readonly name: string;
  readonly examples: readonly Payload[];
}

/** The real payloads that GitHub documents its webhooks with, by the webhook's name. */
export function realPayloads(): ReadonlyMap<string, readonly Payload[]> {
  const path = createRequire(import.meta.url).resolve("@octokit/webhooks-examples");
  const files = JSON.parse(readFileSync(path, "utf8")) as readonly ExampleFile[];
  return new Map(files.map(({ name, examples }) => [name, examples]));
}

/** A copy of a payload with other values in it; objects are merged, everything else is replaced. */
export function withValues(payload: Payload, values: Payload): Payload {
  const merged: Record<string, unknown> = { ...payload };
  for (const [key, value] of Object.entries(values)) {
    const old = merged[key];
    merged[key] = isObject(old) && isObject(value) ? withValues(old, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is Payload {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
