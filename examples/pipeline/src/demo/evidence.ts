import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { translateGitHub } from "@meshwright/cdevents";
import type { AuditRow } from "../audit/store.js";
import type { JournalLine } from "../service/journal.js";
import type { Confirmed, Evidence } from "./check.js";
import type { Entry } from "./github.js";
import { groups } from "./promises.js";

/** What was promised to GitHub, and what the services have on disk now that they have ended. */
export async function readEvidence(
  dataFolder: string,
  ledger: readonly Entry[],
): Promise<Omit<Evidence, "dead">> {
  const journals = Object.keys(groups).map((group) => readJournal(dataFolder, group));
  return {
    confirmed: ledger.flatMap(confirmedBy),
    audited: await linesOf<AuditRow>(join(dataFolder, "audit.jsonl")),
    journal: (await Promise.all(journals)).flat(),
  };
}

/** What a service has written down of its attempts so far. */
export function readJournal(dataFolder: string, group: string): Promise<JournalLine[]> {
  return linesOf<JournalLine>(join(dataFolder, `${group}.journal.jsonl`));
}

/** The events that a confirmed delivery must have become. */
function confirmedBy({ sent, reply, began, confirmed }: Entry): Confirmed[] {
  if (sent === undefined || reply.status !== 202) return [];
  const translation = translateGitHub(sent);
  if (translation.outcome !== "translated") return [];
  return translation.events.map(({ context: { source, id }, subject }) => ({
    source,
    id,
    key: subject.id,
    began,
    confirmed,
  }));
}

async function linesOf<Line>(path: string): Promise<Line[]> {
  const text = await readFile(path, "utf8");
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line): Line => JSON.parse(line));
}
