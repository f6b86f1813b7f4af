/** One run of a set of tests (testing-events.md). */
import type { Reference } from "../event/cdevent.js";
import { type CdEventDefinition, defineCdEvent } from "./definition.js";
import { type Field, nested, nonEmptyText, oneOf, optional, reference, text, uri } from "./fields.js";
import { type Outcome, outcome } from "./outcome.js";

/** The set of tests that runs. */
export interface TestSuite {
  readonly id: string;
  readonly version?: string;
  readonly name?: string;
  readonly uri?: string;
}

export interface TestSuiteRunFinishedContent {
  /** Where the tests ran. */
  readonly environment: Reference;
  readonly outcome: Outcome;
  /** How bad a failure is. */
  readonly severity?: "low" | "medium" | "high" | "critical";
  /** Why it failed. */
  readonly reason?: string;
  readonly testSuite?: TestSuite;
}

const testSuite: Field<TestSuite> = nested<TestSuite>({
  id: nonEmptyText,
  version: optional(text),
  name: optional(text),
  uri: optional(uri),
});

export const testSuiteRunFinished: CdEventDefinition<
  "dev.cdevents.testsuiterun.finished.0.3.0",
  TestSuiteRunFinishedContent
> = defineCdEvent("dev.cdevents.testsuiterun.finished.0.3.0", "A run of a test suite has come to its end.", {
  environment: reference,
  outcome,
  severity: optional(oneOf("low", "medium", "high", "critical")),
  reason: optional(text),
  testSuite: optional(testSuite),
});
