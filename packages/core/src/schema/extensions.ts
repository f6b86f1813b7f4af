/** Extension attributes that a definition declares: their types, and their check at run time. */
import { ConfigurationError } from "../errors/errors.js";
import type { MeshEvent } from "../event/event.js";
import type { Issue } from "./validation.js";

/** The CloudEvents types an extension attribute may have here. Integers are 32 bit, signed. */
export type ExtensionType = "string" | "integer" | "boolean";

/** Extension attributes by name: `{ severitynumber: "integer", team: "string" }`. */
export interface ExtensionTypes {
  readonly [name: string]: ExtensionType;
}

export type NoExtensions = Record<never, ExtensionType>;

/** The attributes as the event carries them. All are optional: CloudEvents knows no required extension. */
export type ExtensionValues<X> = string extends keyof X
  ? unknown
  : { readonly [K in keyof X]?: ExtensionValue<X[K]> };

type ExtensionValue<T> = T extends "integer" ? number : T extends "boolean" ? boolean : string;

/** Names that mean something else already (CloudEvents 1.0.2 and the extensions of `MeshEvent`). */
const reserved: ReadonlySet<string> = new Set([
  ...["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "dataschema", "data"],
  ...["correlationid", "causationid", "traceparent", "tracestate", "partitionkey", "expirytime", "dataref"],
]);

/** A frozen copy of the declaration, or a ConfigurationError that names what is wrong in it. */
export function checkExtensionTypes<X extends ExtensionTypes>(eventType: string, extensions: X): X {
  for (const [name, type] of Object.entries(extensions)) {
    if (!/^[a-z0-9]{1,20}$/.test(name)) {
      refuse("EXTENSION_NAME_INVALID", eventType, name, "use 1 to 20 characters of a-z and 0-9");
    }
    if (reserved.has(name)) {
      refuse(
        "EXTENSION_NAME_RESERVED",
        eventType,
        name,
        "every event has this attribute; choose another name",
      );
    }
    if (type !== "string" && type !== "integer" && type !== "boolean") {
      refuse("EXTENSION_TYPE_INVALID", eventType, name, 'its type is one of "string", "integer", "boolean"');
    }
  }
  return Object.freeze({ ...extensions });
}

function refuse(code: string, eventType: string, name: string, advice: string): never {
  throw new ConfigurationError(code, `${eventType}: extension ${JSON.stringify(name)}: ${advice}.`);
}

/** Tells what is wrong with an event's declared extensions. */
export type ExtensionCheck = (event: MeshEvent) => readonly Issue[] | undefined;

/** The check of one definition; undefined where it declares none, so that nothing is paid for it. */
export function compileExtensionCheck(extensions: ExtensionTypes): ExtensionCheck | undefined {
  const declared = Object.entries(extensions);
  if (declared.length === 0) return undefined;
  return (event) => {
    let issues: Issue[] | undefined;
    for (const [name, type] of declared) {
      const value: unknown = Reflect.get(event, name);
      if (value === undefined || fits[type](value)) continue;
      issues ??= [];
      issues.push({ path: `/${name}`, reason: expectation[type] });
    }
    return issues;
  };
}

const int32 = 2 ** 31;

const fits: Readonly<Record<ExtensionType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value) && Number(value) >= -int32 && Number(value) < int32,
  boolean: (value) => typeof value === "boolean",
};

const expectation: Readonly<Record<ExtensionType, string>> = {
  string: "must be a string",
  integer: "must be a 32 bit integer",
  boolean: "must be true or false",
};

/**
 * Reads declared extensions that arrived as text, which is all that binary mode and many producers have, into their
 * types (CloudEvents 1.0.2, 3.1: the canonical string forms). What does not read stays as it is, and fails the check.
 */
export function compileExtensionReader(
  extensions: ExtensionTypes,
): (<E extends MeshEvent>(event: E) => E) | undefined {
  const declared = Object.entries(extensions).filter(([, type]) => type !== "string");
  if (declared.length === 0) return undefined;
  return (event) => {
    let changes: Record<string, number | boolean> | undefined;
    for (const [name, type] of declared) {
      const value: unknown = Reflect.get(event, name);
      if (typeof value !== "string") continue;
      const read = type === "integer" ? readInteger(value) : readBoolean(value);
      if (read === undefined) continue;
      changes ??= {};
      changes[name] = read;
    }
    return changes === undefined ? event : { ...event, ...changes };
  };
}

function readInteger(text: string): number | undefined {
  return /^-?(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : undefined;
}

function readBoolean(text: string): boolean | undefined {
  return text === "true" ? true : text === "false" ? false : undefined;
}
