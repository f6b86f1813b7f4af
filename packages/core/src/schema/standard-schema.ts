/** Validators from Standard Schema v1 libraries, held to our rules: synchronous, and no payload in an issue. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ConfigurationError } from "../errors/errors.js";
import {
  type Invalid,
  invalid,
  maxIssues,
  pointerStep,
  safeText,
  type ValidationResult,
} from "./validation.js";

/**
 * The validator of a Standard Schema.
 *
 * @throws ConfigurationError `SCHEMA_ASYNC` when the schema turns out to validate asynchronously: here when that shows
 *   at once, else from the validator
 */
export function compileStandardSchema(
  type: string,
  schema: StandardSchemaV1,
): (data: unknown) => ValidationResult {
  const { validate, vendor } = schema["~standard"];
  refuseAsync(type, vendor, () => validate(undefined));
  return (data) => {
    let result: ReturnType<typeof validate>;
    try {
      result = validate(data);
    } catch (cause) {
      return invalid("/data", "its validator threw", cause);
    }
    if (result instanceof Promise) throw asyncError(type, vendor, result);
    return result.issues === undefined ? { ok: true, data: result.value } : toInvalid(result.issues, vendor);
  };
}

/** Many asynchronous schemas answer with a promise whatever they are given; those are found before any event is. */
function refuseAsync(type: string, vendor: string, probe: () => unknown): void {
  let result: unknown;
  try {
    result = probe();
  } catch {
    return; // A validator that cannot take undefined has shown nothing about being asynchronous.
  }
  if (result instanceof Promise) throw asyncError(type, vendor, result);
}

function asyncError(type: string, vendor: string, result: Promise<unknown>): ConfigurationError {
  result.catch(() => undefined);
  return new ConfigurationError(
    "SCHEMA_ASYNC",
    `${type}: its ${vendor} schema validates asynchronously. Events are validated synchronously: move the asynchronous check into the handler.`,
  );
}

function toInvalid(issues: readonly StandardSchemaV1.Issue[], vendor: string): Invalid {
  return {
    ok: false,
    issues: issues.slice(0, maxIssues).map((issue) => ({
      path: safeText(`/data${(issue.path ?? []).map(stepOf).join("")}`),
      reason: safeText(reasonOf(issue, vendor)),
    })),
  };
}

function stepOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string {
  return pointerStep(typeof segment === "object" ? segment.key : segment);
}

/**
 * The message of an issue without what it quotes of the payload. That takes knowledge of the library; of others only
 * the place is told.
 */
function reasonOf(issue: StandardSchemaV1.Issue, vendor: string): string {
  if (vendor === "zod" || vendor === "valibot") return withoutReceived(issue.message);
  if (vendor === "arktype" && "expected" in issue) return arktypeReason(String(issue.expected));
  return `is not valid (${vendor})`;
}

/** "Expected string but received 42", "Invalid email: Received "x"": everything from there on is payload. */
function withoutReceived(message: string): string {
  return message.replace(/(?:[,:]| but)?\s+received\b[\s\S]*$/i, "");
}

/** Several expectations come as lines with bullets; those of a union quote the value behind "(was". */
function arktypeReason(expected: string): string {
  const text = expected.replace(/\s*\(was [\s\S]*$/, "").replace(/\s*\n?\s*[◦•]\s*/g, ", ");
  return / must be /.test(text) ? text : `must be ${text.replace(/^, /, "")}`;
}
