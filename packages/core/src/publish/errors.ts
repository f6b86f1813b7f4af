import { MeshError } from "../errors/errors.js";
import type { Issue } from "../schema/validation.js";

/** The data does not fit the schema of its type; nothing was published. */
export class EventDataError extends MeshError {
  override readonly name = "EventDataError";
  readonly type: string;
  readonly issues: readonly Issue[];

  constructor(type: string, issues: readonly Issue[]) {
    const places = issues.map(({ path, reason }) => `${path} ${reason}`).join("; ");
    super("EVENT_SCHEMA_MISMATCH", `The data does not fit the schema of ${type}: ${places}.`);
    this.type = type;
    this.issues = issues;
  }
}

/** The catalog has no such type; nothing was published. */
export class UnknownTypeError extends MeshError {
  override readonly name = "UnknownTypeError";
  readonly type: string;

  constructor(type: string) {
    super(
      "EVENT_TYPE_UNKNOWN",
      `The catalog has no event of type ${type}. Define it with defineEvent and add it to the catalog.`,
    );
    this.type = type;
  }
}
