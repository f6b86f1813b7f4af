import { codeOf, MeshError } from "../errors/errors.js";

/** Thrown by a saga: what its steps have done is undone, by their compensations, the last one first. */
export class CompensateError extends MeshError {
  override readonly name = "CompensateError";
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super("SAGA_COMPENSATE", message, options);
  }
}

/** What everything that a saga waits for rejects with once it is cancelled. Let it through: its compensations follow. */
export class SagaCancelledError extends MeshError {
  override readonly name = "SagaCancelledError";
  constructor(reason: string) {
    super("SAGA_CANCELLED", `The saga was cancelled: ${reason}.`);
  }
}

/** A step has failed, its retries included. The saga may catch it. */
export class StepFailedError extends MeshError {
  override readonly name = "StepFailedError";
  /** The step's name. */
  readonly step: string;
  /** The code of what it threw last, where that had one. */
  readonly reason: string | undefined;

  constructor(step: string, { code, message }: ErrorRecord) {
    super("SAGA_STEP_FAILED", `Step "${step}" has failed: ${message}`);
    this.step = step;
    this.reason = code;
  }
}

/** The code of a saga does something else than its journal says it did. The instance stands still until fitting code is there. */
export class JournalMismatchError extends MeshError {
  override readonly name = "JournalMismatchError";
  /** Which command of the saga, counted from 0. */
  readonly command: number;
  readonly expected: string;
  readonly found: string;

  constructor(command: number, expected: string, found: string) {
    super(
      "SAGA_JOURNAL_MISMATCH",
      `The code of the saga does not fit its journal: command ${command} was ${expected}, and is now ${found}. Bring the old order of commands back, with run.patched for what is new, or give the new code a higher \`version\`.`,
    );
    this.command = command;
    this.expected = expected;
    this.found = found;
  }
}

/** An error as the journal has it. */
export interface ErrorRecord {
  readonly code?: string;
  readonly message: string;
}

export function versionMissing(saga: string, version: number): MeshError {
  return new MeshError(
    "SAGA_VERSION_MISSING",
    `An instance of saga "${saga}" runs with version ${version}, which this mesh does not have. Give it that version too, until its instances have ended.`,
  );
}

/** Of a record, where there is no class of its own. */
export function errorFrom({ code = "SAGA_FAILED", message }: ErrorRecord): MeshError {
  return new MeshError(code, message);
}

const longestMessage = 2_000;

export function errorRecord(error: unknown): ErrorRecord {
  const code = codeOf(error);
  const message = (error instanceof Error ? error.message : String(error)).slice(0, longestMessage);
  return { ...(code === undefined ? {} : { code }), message };
}
