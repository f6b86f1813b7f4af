import { identity } from "../audit/store.js";
import type { JournalLine } from "../service/journal.js";
import { type Evidence, type Findings, handledBy, wantedBy } from "./check.js";
import type { Entry } from "./github.js";
import { groups } from "./promises.js";
import { changeTree, printTree } from "./tree.js";

export interface Summary {
  readonly ledger: readonly Entry[];
  readonly resent: number;
  readonly evidence: Evidence;
  readonly findings: Findings;
  /** How many dead letters each group had, before they were handed back. */
  readonly deadLetters: Readonly<Record<string, number>>;
  /** Bad requests that were not answered as they must be. */
  readonly wrongAnswers: readonly string[];
  readonly seconds: number;
}

/** The tables at the end. */
export function report(summary: Summary): string[] {
  const { findings, wrongAnswers, evidence } = summary;
  const problems = [...findings.lost, ...findings.duplicated, ...findings.misordered, ...wrongAnswers];
  return [
    "",
    "GitHub and the gateway",
    ...gateway(summary),
    "",
    "The services",
    ...services(summary),
    "",
    "The check",
    row("lost", findings.lost.length),
    row("duplicated", findings.duplicated.length),
    row("out of order", findings.misordered.length),
    row("wrong answers", wrongAnswers.length, "to requests that must be refused"),
    ...problems.slice(0, 20).map((problem) => `    ! ${problem}`),
    "",
    ...tree(evidence),
    "",
    `${problems.length === 0 ? "Nothing was lost, duplicated or out of order" : "FAILED"} (${summary.seconds.toFixed(1)} s).`,
  ];
}

function gateway({ ledger, resent, evidence }: Summary): string[] {
  const of = (outcome: string) => ledger.filter(({ reply }) => reply.outcome === outcome);
  const deliveries = ledger.filter(({ step }) => step.kind === "delivery");
  const repeats = ledger.filter(({ step }) => step.kind === "repeat");
  const translated = evidence.confirmed.length;
  return [
    row(
      "received",
      ledger.length,
      `${deliveries.length} deliveries, ${repeats.length} repeats of these, ${ledger.length - deliveries.length - repeats.length} that must be refused`,
    ),
    row("translated", translated, "typed CDEvents, each confirmed by the broker"),
    row("ignored", of("ignored").length),
    ...reasons(of("ignored").map(({ reply }) => reply.reason ?? "")),
    row("refused", of("refused").length),
    ...reasons(
      of("refused").map(
        ({ reply, step }) => `${reply.status}, ${reply.reason} (${step.kind === "bad" ? step.what : "?"})`,
      ),
    ),
    row("recognised repeats", of("duplicate").length, "by x-github-delivery: nothing published"),
    row("sent again", resent, "no answer while the gateway was down: same delivery id"),
  ];
}

const columns = ["", "to handle", "handled", "retried", "cut off", "recognised", "dead-lettered"];

function services({ evidence, deadLetters }: Summary): string[] {
  const rows = Object.keys(groups).map((group) => {
    const mine = evidence.journal.filter((line) => line.group === group);
    const lines = handledBy(group, mine);
    const handled = new Set(lines.map(identity)).size;
    const dead = deadLetters[group] ?? 0;
    const failed = mine.filter(({ outcome }) => outcome === "failed").length;
    const wanted = wantedBy(group, evidence.audited).length;
    const numbers = [wanted, handled, failed - dead, cutOff(mine), lines.length - handled, dead];
    return [group, ...numbers.map(String)];
  });
  return [
    ...[columns, ...rows].map(([first = "", ...cells]) =>
      [`  ${first.padEnd(10)}`, ...cells.map((cell) => cell.padStart(14))].join(""),
    ),
    "  cut off: attempts that a SIGKILL ended; the event was delivered again",
    "  recognised: came again with the same id, because it was published or delivered again",
  ];
}

/** Attempts that were counted by the broker and left no line: their process was killed. */
function cutOff(lines: readonly JournalLine[]): number {
  const written = new Map<string, number>();
  const attempts = new Map<string, number>();
  for (const line of lines) {
    const id = identity(line);
    attempts.set(id, Math.max(attempts.get(id) ?? 0, line.attempt));
    written.set(id, (written.get(id) ?? 0) + 1);
  }
  return [...attempts].reduce((sum, [id, last]) => sum + Math.max(0, last - (written.get(id) ?? 0)), 0);
}

function tree({ audited }: Evidence): string[] {
  const events = audited.map(({ event }) => event);
  const deployed = events.find(
    ({ type, source }) => type.includes("service.deployed") && source === "/release",
  );
  const chain = deployed?.correlationid;
  const merged = events.find(
    (event) => event.type.includes("change.merged") && event.correlationid === chain,
  );
  const root = merged?.subject === undefined ? undefined : changeTree(merged.subject, events);
  if (root === undefined) return ["No pull request was deployed."];
  return [`From change to deployment: ${merged?.subject}`, ...printTree(root).map((line) => `  ${line}`)];
}

function reasons(all: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const reason of all) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([reason, n]) => `    ${String(n).padStart(8)}  ${reason}`);
}

function row(name: string, n: number, note = ""): string {
  return `  ${name.padEnd(20)}${String(n).padStart(6)}  ${note}`.trimEnd();
}
