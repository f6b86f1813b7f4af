import type { EventDefinition } from "@meshwright/core";
import { beforeAll, describe, expect, it } from "vitest";
import { cdeventsCatalog, cdeventsVocabulary, githubVocabulary } from "../src/index.js";
import { contents, required } from "./conforming.js";
import type { Draft } from "./examples.js";

/** A definition of whatever event. */
type AnyDefinition = EventDefinition<string, Draft>;

/** An event with every optional part, in the form of the specification's conformance examples. */
function conforming(type: string): Draft {
  const tags = { foo1: "bar", foo2: "bar" };
  const contextId = "5328c37f-bb7e-4bb7-84ea-9f5f85e4a7ce";
  return {
    context: {
      specversion: "0.5.1",
      id: "271069a8-fc18-44f1-b38f-9d70a1695819",
      chainId: "4c8cb7dd-3448-41de-8768-eec704e2829b",
      source: "/event/source/123",
      type,
      timestamp: "2023-03-20T14:27:05.315384Z",
      schemaUri: "https://myorg.com/schema/custom",
      links: [
        { linkType: "RELATION", linkKind: "TRIGGER", target: { contextId }, tags },
        { linkType: "PATH", from: { contextId }, tags },
        { linkType: "END", from: { contextId }, tags },
      ],
    },
    subject: {
      id: "mySubject123",
      source: "/event/source/123",
      content: structuredClone(Reflect.get(contents, type)),
    },
    customData: { anything: ["goes"] },
    customDataContentType: "application/json",
  };
}

function issues(type: string, data: unknown): readonly string[] {
  const result = cdeventsCatalog.entry(type)?.validateData(data);
  if (result === undefined) throw new Error(`${type} is not in the catalog`);
  return result.ok ? [] : result.issues.map(({ path, reason }) => `${path} ${reason}`);
}

/** All objects in a value that the schema closes: everything but the custom data and the tags of links. */
function closedObjects(value: unknown): readonly Draft[] {
  if (typeof value !== "object" || value === null) return [];
  const children = Object.entries(value).filter(([key]) => key !== "customData" && key !== "tags");
  return [...(Array.isArray(value) ? [] : [value]), ...children.flatMap(([, child]) => closedObjects(child))];
}

const types = cdeventsCatalog.definitions.map(({ type }) => type);

beforeAll(() => cdeventsCatalog.compile());

describe("the vocabulary", () => {
  it("is the catalog, each event once", () => {
    expect(types).toEqual([...cdeventsVocabulary, ...githubVocabulary].map(({ type }) => type));
    expect(new Set(types).size).toBe(types.length);
    expect([...types].sort()).toEqual(Object.keys(contents).sort());
  });

  it("names its types as the specification says", () => {
    for (const { type } of cdeventsVocabulary)
      expect(type).toMatch(/^dev\.cdevents\.[a-z]+\.[a-z]+\.0\.\d\.0$/);
    for (const { type } of githubVocabulary) {
      expect(type).toMatch(/^dev\.cdeventsx\.[a-zA-Z0-9]+-[a-zA-Z]+\.[a-zA-Z]+\.\d\.\d\.\d$/);
    }
  });

  it("orders by subject", () => {
    const definitions: readonly AnyDefinition[] = cdeventsCatalog.definitions;
    for (const { type, key } of definitions) {
      expect(key?.({ specversion: "1.0", id: "1", source: "/s", type, data: conforming(type) })).toBe(
        "mySubject123",
      );
    }
  });
});

describe.each(types)("%s", (type) => {
  it("accepts the event with all of its parts, and with only the required ones", () => {
    expect(issues(type, conforming(type))).toEqual([]);
    const { subject, context } = conforming(type);
    const bare = {
      context: { ...context },
      subject: {
        id: subject.id,
        content: Object.fromEntries((required[type] ?? []).map((key) => [key, subject.content[key]])),
      },
    };
    for (const optional of ["chainId", "schemaUri", "links"]) delete bare.context[optional];
    expect(issues(type, bare)).toEqual([]);
  });

  it("refuses an event without a required part", () => {
    const cases = [
      ["context"],
      ["subject"],
      ...["specversion", "id", "source", "type", "timestamp"].map((key) => ["context", key]),
      ...["id", "content"].map((key) => ["subject", key]),
      ...(required[type] ?? []).map((key) => ["subject", "content", key]),
    ];
    for (const path of cases) {
      const event = conforming(type);
      const parent = path.slice(0, -1).reduce((value, key) => value[key], event);
      delete parent[path.at(-1) ?? ""];
      expect(issues(type, event), path.join("/")).not.toEqual([]);
    }
  });

  it("refuses an unknown field in any of its objects, and any field of another type", () => {
    const count = closedObjects(conforming(type)).length;
    for (let index = 0; index < count; index++) {
      const event = conforming(type);
      const object = closedObjects(event)[index];
      object.unknown = 1;
      expect(issues(type, event), `object ${index}`).not.toEqual([]);
      delete object.unknown;
      for (const key of Object.keys(object).filter((key) => key !== "tags")) {
        const kept = object[key];
        object[key] = 17;
        expect(issues(type, event), key).not.toEqual([]);
        object[key] = kept;
      }
      expect(issues(type, event)).toEqual([]);
    }
  });
});

describe("every event", () => {
  const type = "dev.cdevents.pipelinerun.finished.0.3.0";
  const context = (fields: object): Draft => ({
    ...conforming(type),
    context: { ...conforming(type).context, ...fields },
  });

  it.each([
    ["a specversion of 0.4", context({ specversion: "0.4.1" })],
    ["an empty id", context({ id: "" })],
    ["a source that is no URI-reference", context({ source: "a b" })],
    ["another type", context({ type: "dev.cdevents.pipelinerun.finished.0.2.0" })],
    ["a time that is none", context({ timestamp: "yesterday" })],
    ["a schema URI that is relative", context({ schemaUri: "schema" })],
    ["a link of unknown type", context({ links: [{ linkType: "START", target: { contextId: "1" } }] })],
    ["a path that comes from nowhere", context({ links: [{ linkType: "PATH" }] })],
    ["a relation of no kind", context({ links: [{ linkType: "RELATION", target: { contextId: "1" } }] })],
    ["custom data that is no base64", { ...conforming(type), customData: "{}" }],
    ["custom data in a list", { ...conforming(type), customData: [] }],
  ])("refuses %s", (_, event) => {
    expect(issues(type, event)).not.toEqual([]);
  });

  it.each([
    ["the specversion 0.5.0", context({ specversion: "0.5.0" })],
    ["an end that comes from nowhere", context({ links: [{ linkType: "END" }] })],
    ["base64 custom data", { ...conforming(type), customData: "eyJhIjoxfQ==" }],
    ["a relative source", context({ source: "dev/jenkins" })],
  ])("accepts %s", (_, event) => {
    expect(issues(type, event)).toEqual([]);
  });

  it("ends with one of four outcomes", () => {
    for (const outcome of ["success", "failure", "cancel", "error", "fail", "SUCCESS", ""]) {
      const event = conforming(type);
      event.subject.content.outcome = outcome;
      expect(issues(type, event).length === 0, outcome).toBe(
        ["success", "failure", "cancel", "error"].includes(outcome),
      );
    }
  });
});
