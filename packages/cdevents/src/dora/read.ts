/** Reads what the projection keeps of a stretch of weeks. */
import type { DocumentReader } from "@meshwright/core";
import {
  type DeploymentRow,
  type DoraDocument,
  type IncidentDocument,
  prefixes,
  type RollbackRow,
  type ShippedRow,
} from "./documents.js";

/** The documents of the projection. */
export type DoraReader = Pick<DocumentReader<DoraDocument>, "list">;

/** The first week and the last. */
export interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

export interface ServiceRows {
  readonly deployments: DeploymentRow[];
  readonly rollbacks: RollbackRow[];
  readonly shipped: ShippedRow[];
}

/** The names of all services that something is known of, in order. */
export async function servicesIn(documents: DoraReader): Promise<readonly string[]> {
  const services: string[] = [];
  for await (const [, document] of all(documents, prefixes.services)) {
    if (document.kind === "service") services.push(document.service);
  }
  return services.sort();
}

/** The incidents of all services that began in these weeks. */
export async function incidentsIn(documents: DoraReader, span: Span): Promise<readonly IncidentDocument[]> {
  const incidents: IncidentDocument[] = [];
  for await (const document of ofWeeks(documents, prefixes.began, span)) {
    if (document.kind === "incident") incidents.push(document);
  }
  return incidents;
}

/** What happened to a service in these weeks. */
export async function rowsOf(documents: DoraReader, service: string, span: Span): Promise<ServiceRows> {
  const rows: ServiceRows = { deployments: [], rollbacks: [], shipped: [] };
  for await (const document of ofWeeks(documents, prefixes.rows(service), span)) {
    if (document.kind === "deployment") rows.deployments.push(document);
    else if (document.kind === "rollback") rows.rollbacks.push(document);
    else if (document.kind === "shipped") rows.shipped.push(document);
  }
  return rows;
}

/** The week stands right behind the prefix, so that weeks are a stretch of keys. */
async function* ofWeeks(
  documents: DoraReader,
  prefix: string,
  { from, to }: Span,
): AsyncGenerator<DoraDocument> {
  const after = from === undefined ? undefined : prefix + from;
  for await (const [key, document] of all(documents, prefix, after)) {
    if (to !== undefined && key.slice(prefix.length, prefix.length + to.length) > to) return;
    yield document;
  }
}

const pageSize = 1_000;

async function* all(
  documents: DoraReader,
  prefix: string,
  after?: string,
): AsyncGenerator<readonly [key: string, document: DoraDocument]> {
  for (let last = after; ; ) {
    const page = await documents.list({
      prefix,
      limit: pageSize,
      ...(last === undefined ? {} : { after: last }),
    });
    for (const { key, document } of page) yield [key, document];
    last = page.at(-1)?.key;
    if (last === undefined || page.length < pageSize) return;
  }
}
