/** The projection without a mesh: its handlers, on documents that are texts in a map. */
import type { KeyedDocument, ListOptions } from "@meshwright/core";
import {
  type DoraDocument,
  type DoraOptions,
  type DoraReader,
  type DoraReportOptions,
  type DoraWeek,
  doraMetrics,
  doraReport,
} from "../../src/index.js";
import { cloudEventOf } from "../examples.js";
import type { DoraEvent } from "./events.js";

/** Documents in a map. */
export class MapDocuments implements DoraReader {
  readonly #texts = new Map<string, string>();

  async get(key: string): Promise<unknown> {
    return parsed(this.#texts.get(key));
  }

  async set(key: string, document: unknown): Promise<void> {
    this.#texts.set(key, JSON.stringify(document));
  }

  async delete(key: string): Promise<void> {
    this.#texts.delete(key);
  }

  async list(options: ListOptions = {}): Promise<readonly KeyedDocument<DoraDocument>[]> {
    const { prefix = "", after = "", limit = 1_000 } = options;
    return [...this.#texts]
      .filter(([key]) => key.startsWith(prefix) && key > after)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .slice(0, limit)
      .map(([key, text]) => ({ key, document: parsed(text) as DoraDocument }));
  }

  /** All there is. */
  get content(): Readonly<Record<string, unknown>> {
    return Object.fromEntries([...this.#texts].map(([key, text]) => [key, parsed(text)]));
  }
}

function parsed(text: string | undefined): unknown {
  return text === undefined ? undefined : JSON.parse(text);
}

/** What the projection keeps when these events have come, in this order. */
export async function taken(events: readonly DoraEvent[], options: DoraOptions = {}): Promise<MapDocuments> {
  const documents = new MapDocuments();
  const { on } = doraMetrics(options);
  for (const event of events) {
    const handler = on[event.context.type] as
      | ((event: object, context: { readonly documents: MapDocuments }) => Promise<void>)
      | undefined;
    await handler?.(cloudEventOf(event), { documents });
  }
  return documents;
}

/** The report of these events. */
export async function reportOf(
  events: readonly DoraEvent[],
  options: Omit<DoraOptions, "from"> & DoraReportOptions = {},
): Promise<readonly DoraWeek[]> {
  const { from: _week, ...reading } = options;
  return doraReport(await taken(events, reading), options);
}
