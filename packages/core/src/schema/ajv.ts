/** The compiler for JSON Schema. ajv is loaded here and nowhere else, and only when there is a schema to compile. */
import type { Ajv2020, ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import { ConfigurationError } from "../errors/errors.js";
import type { JsonSchema } from "./json-schema.js";
import {
  type Invalid,
  type Issue,
  invalid,
  maxIssues,
  pointerStep,
  safeText,
  type ValidationResult,
} from "./validation.js";

/** Compiles the schema of one event type. */
export type SchemaCompiler = (type: string, schema: JsonSchema) => (data: unknown) => ValidationResult;

/** Formats of JSON Schema 2020-12 that nothing here can check: annotations only. */
const uncheckedFormats = ["idn-email", "idn-hostname", "iri", "iri-reference"];

/**
 * Loads ajv.
 *
 * @returns a compiler, which throws ConfigurationError `SCHEMA_INVALID` for a schema that is not valid JSON Schema
 *   2020-12, has an unknown keyword (`x-…` is allowed) or format, or constrains properties or items without saying
 *   `type`, and so would let through everything of another type
 */
export async function loadSchemaCompiler(): Promise<SchemaCompiler> {
  tools ??= loadTools();
  const { newAjv, meta } = await tools;
  const ajv = newAjv();
  return (type, schema) => toValidator(compile(ajv, meta, type, schema));
}

interface Tools {
  newAjv(): Ajv2020;
  /** Checks schemas and compiles none. Kept, because preparing it takes longer than to compile most schemas. */
  readonly meta: Ajv2020;
}

let tools: Promise<Tools> | undefined;

async function loadTools(): Promise<Tools> {
  const [{ Ajv2020 }, formats] = await Promise.all([import("ajv/dist/2020.js"), import("ajv-formats")]);
  const newAjv = (): Ajv2020 => {
    const ajv = new Ajv2020({
      strict: true,
      strictTuples: false,
      strictRequired: false,
      allowUnionTypes: true,
      validateSchema: false, // `meta` does it, and can tell the place of the mistake.
      addUsedSchema: false, // Two definitions may have the same `$id`.
      logger: false,
    });
    // A CommonJS module seen from ESM: its `default` is `module.exports`, which has a `default` in turn.
    formats.default.default(ajv, { mode: "fast" });
    for (const format of uncheckedFormats) ajv.addFormat(format, true);
    return ajv;
  };
  return { newAjv, meta: new Ajv2020({ logger: false }) };
}

function compile(ajv: Ajv2020, meta: Ajv2020, type: string, schema: JsonSchema): ValidateFunction {
  let validate: ValidateFunction;
  try {
    const mistake = meta.validateSchema(schema) === true ? undefined : meta.errors?.[0];
    if (mistake) throw refusal(type, mistake.instancePath, reasonOf(mistake));
    allowAnnotations(ajv, schema);
    validate = ajv.compile(schema);
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    throw refusal(type, placeOfMistake(schema, message), message, cause);
  }
  if ("$async" in validate) throw refusal(type, "/$async", "events are validated synchronously");
  return validate;
}

function refusal(
  type: string,
  place: string | undefined,
  reason: string,
  cause?: unknown,
): ConfigurationError {
  const where = place === undefined ? "" : ` at ${place === "" ? "its root" : place}`;
  return new ConfigurationError(
    "SCHEMA_INVALID",
    `${type}: its JSON Schema is not valid${where}: ${reason}. Correct the schema in the definition.`,
    { cause },
  );
}

/** `x-…` keywords are comments to other tools. One that is a property's name and no keyword does no harm here. */
function allowAnnotations(ajv: Ajv2020, schema: JsonSchema): void {
  visit(schema, "", (name) => {
    if (/^x-[a-z0-9_-]+$/i.test(name) && ajv.getKeyword(name) === false) ajv.addKeyword(name);
    return undefined;
  });
}

/** ajv names the place of most mistakes, but not of unknown keywords and bad patterns. */
function placeOfMistake(schema: JsonSchema, message: string): string | undefined {
  const keyword = /unknown keyword: "(.*)"/.exec(message)?.[1];
  const isCause = (name: string, value: unknown): boolean =>
    name === keyword ||
    message.includes(`regular expression: /${name}/`) ||
    (name === "pattern" && message.includes(`regular expression: /${value}/`));
  return visit(schema, "", (name, place, value) => (isCause(name, value) ? place : undefined));
}

/** Every name in a schema with its pointer, until `found` answers. */
function visit<R>(
  node: unknown,
  place: string,
  found: (name: string, place: string, value: unknown) => R | undefined,
): R | undefined {
  if (typeof node !== "object" || node === null) return undefined;
  for (const [name, child] of Object.entries(node)) {
    const childPlace = place + pointerStep(name);
    const answer = found(name, childPlace, child) ?? visit(child, childPlace, found);
    if (answer !== undefined) return answer;
  }
  return undefined;
}

function toValidator(validate: ValidateFunction): (data: unknown) => ValidationResult {
  return (data) => {
    // To a schema bytes are an object like another.
    if (data instanceof Uint8Array) return invalid("/data", "must be JSON, and is binary");
    return validate(data) ? { ok: true, data } : toInvalid(validate.errors ?? []);
  };
}

function toInvalid(errors: readonly ErrorObject[]): Invalid {
  return { ok: false, issues: errors.slice(0, maxIssues).map(toIssue) };
}

function toIssue(error: ErrorObject): Issue {
  const extra: unknown = error.params["additionalProperty"] ?? error.params["unevaluatedProperty"];
  if (typeof extra === "string") {
    return {
      path: safeText(`/data${error.instancePath}${pointerStep(extra)}`),
      reason: "is a property that the schema does not allow",
    };
  }
  const reason = reasonOf(error);
  return {
    path: safeText(`/data${error.instancePath}`),
    reason: error.propertyName === undefined ? reason : `has a property whose name ${reason}`,
  };
}

/** ajv's words are the schema's: they name what is allowed, never what was found. */
function reasonOf({ keyword, message = `fails "${keyword}"`, params }: ErrorObject): string {
  if (keyword === "enum") return safeText(`${message}: ${JSON.stringify(params["allowedValues"])}`);
  if (keyword === "const") return safeText(`${message} ${JSON.stringify(params["allowedValue"])}`);
  return safeText(message);
}
