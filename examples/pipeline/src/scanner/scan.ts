import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { TerminalError } from "@meshwright/core";

export interface Findings {
  readonly critical: number;
  readonly high: number;
}

export interface ScanRequest {
  /** A package URL. */
  readonly artifactId: string;
  /** Which attempt this is, from 1. */
  readonly attempt: number;
  /** The types of package URLs that this scanner can read. */
  readonly formats: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

/**
 * Stands for a real scanner: takes its time, fails now and then, and finds the same in the same artifact every time.
 *
 * @throws TerminalError `SCAN_FORMAT_UNKNOWN` for an artifact it cannot read: no retry would help
 * @throws Error on the first attempt at every fourth artifact, as registries do
 */
export async function scan({ artifactId, attempt, formats, signal }: ScanRequest): Promise<Findings> {
  const format = /^pkg:([^/]+)\//.exec(artifactId)?.[1] ?? "";
  if (!formats.has(format)) {
    throw new TerminalError(`This scanner cannot read "${format}" artifacts. Teach it to, then redrive.`, {
      code: "SCAN_FORMAT_UNKNOWN",
    });
  }
  const [luck = 0, effort = 0, critical = 0, high = 0] = createHash("sha256").update(artifactId).digest();
  await wait(20 + (effort % 80), undefined, { signal });
  if (attempt === 1 && luck % 4 === 0) throw new Error("The registry did not answer.");
  return { critical: critical % 8 === 0 ? 1 + (critical % 3) : 0, high: high % 5 };
}
