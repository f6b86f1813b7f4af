/** Definitions made ready for the hot path: one entry per type, everything looked up and compiled beforehand. */
import type { MeshEvent } from "../event/event.js";
import { loadSchemaCompiler, type SchemaCompiler } from "./ajv.js";
import type { AnyEventDefinition } from "./definition.js";
import { compileExtensionCheck, compileExtensionReader } from "./extensions.js";
import { compileStandardSchema } from "./standard-schema.js";
import type { Upcast } from "./upcasts.js";
import { type Invalid, invalid, type ValidationResult } from "./validation.js";

/** A definition whose schema is compiled. Its functions neither wait nor throw for bad data. */
export interface CompiledDefinition {
  readonly definition: AnyEventDefinition;
  /** Checks data alone. */
  validateData(data: unknown): ValidationResult;
  /** Checks the data and the declared extensions of an event of this type, as they are. */
  validate(event: MeshEvent): ValidationResult;
  /**
   * What handlers get of a received event of this type: its declared extensions read into their types, its data
   * checked, and lifted to the newest version, checked again at each. The very same event where nothing changes.
   */
  lift(event: MeshEvent): LiftResult;
}

export type LiftResult = { readonly ok: true; readonly event: MeshEvent } | Invalid;

/** Compiles definitions. Loads ajv only if one of them needs it. */
export async function compileDefinitions(
  definitions: readonly AnyEventDefinition[],
  upcasts: ReadonlyMap<string, Upcast>,
): Promise<ReadonlyMap<string, CompiledDefinition>> {
  const needsAjv = definitions.some(({ schema }) => schema.kind === "json-schema");
  const compileSchema = needsAjv ? await loadSchemaCompiler() : undefined;
  const entries = new Map<string, CompiledDefinition>();
  for (const definition of definitions) {
    const validateData = dataValidator(definition, compileSchema);
    const validate = eventValidator(definition, validateData);
    const read = compileExtensionReader(definition.extensions);
    const upcast = upcasts.get(definition.type);
    const lift = (event: MeshEvent): LiftResult => {
      const checked = check(validate, read === undefined ? event : read(event));
      return upcast === undefined || !checked.ok ? checked : liftOnce(checked.event, upcast, entries);
    };
    entries.set(definition.type, { definition, validateData, validate, lift });
  }
  return entries;
}

function dataValidator(
  { type, schema }: AnyEventDefinition,
  compileSchema: SchemaCompiler | undefined,
): (data: unknown) => ValidationResult {
  if (schema.kind === "json-schema" && compileSchema !== undefined) return compileSchema(type, schema.schema);
  if (schema.kind === "standard-schema") return compileStandardSchema(type, schema.schema);
  if (schema.kind === "validator") return (data) => schema.validator.validate(data);
  return (data) => ({ ok: true, data });
}

function eventValidator(
  { extensions }: AnyEventDefinition,
  validateData: (data: unknown) => ValidationResult,
): (event: MeshEvent) => ValidationResult {
  const checkExtensions = compileExtensionCheck(extensions);
  if (checkExtensions === undefined) return (event) => validateData(event.data);
  return (event) => {
    const issues = checkExtensions(event);
    return issues === undefined ? validateData(event.data) : { ok: false, issues };
  };
}

function check(validate: (event: MeshEvent) => ValidationResult, event: MeshEvent): LiftResult {
  const result = validate(event);
  if (!result.ok) return result;
  return { ok: true, event: Object.is(result.data, event.data) ? event : { ...event, data: result.data } };
}

function liftOnce(
  event: MeshEvent,
  { from, to, convert }: Upcast,
  entries: ReadonlyMap<string, CompiledDefinition>,
): LiftResult {
  let data: unknown;
  try {
    data = convert(event.data, event);
  } catch (cause) {
    return invalid("/data", `the upcast from ${from} to ${to} threw`, cause);
  }
  // `dataschema` described the old data; all else is as true of the lifted event.
  const { dataschema: _old, ...rest } = event;
  const result = entries.get(to)?.lift({ ...rest, type: to, data });
  if (result === undefined || result.ok) return result ?? invalid("/type", `${to} is not in the catalog`);
  const issues = result.issues.map(({ path, reason }) => ({
    path,
    reason: `${reason} (after the upcast to ${to})`,
  }));
  return { ...result, issues };
}
