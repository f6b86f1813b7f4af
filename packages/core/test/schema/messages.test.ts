import { fileURLToPath } from "node:url";
import ts from "typescript";
import { beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../../..", import.meta.url));

/** A source file beside this one that exists only for the compiler. */
const snippet = fileURLToPath(new URL("./snippet.ts", import.meta.url));

let previous: ts.Program | undefined;

/** What the compiler says about a file with this text, without the text around it. */
function diagnose(text: string): string[] {
  const { config } = ts.readConfigFile(`${root}/tsconfig.json`, ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  const host = ts.createCompilerHost({ ...options, isolatedDeclarations: false, declaration: false });
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === snippet || fileExists(name);
  host.readFile = (name) => (name === snippet ? text : readFile(name));
  host.getSourceFile = (name, version) =>
    name === snippet
      ? ts.createSourceFile(name, text, version)
      : (previous?.getSourceFile(name) ?? getSourceFile(name, version));
  const program = ts.createProgram({
    rootNames: [snippet],
    options: { ...options, isolatedDeclarations: false, declaration: false },
    host,
    ...(previous && { oldProgram: previous }),
  });
  previous = program;
  const file = program.getSourceFile(snippet);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"),
  );
}

const withMesh = (line: string): string => `
  import { catalog, meshOf } from "./mesh-shape.js";
  const mesh = meshOf({ catalog });
  ${line}`;

// The first program reads every declaration file there is; the others reuse them.
beforeAll(() => {
  diagnose(withMesh(""));
}, 120_000);

describe("what the compiler says", () => {
  it("is nothing about code that is right", () => {
    expect(diagnose(withMesh(`mesh.on("com.acme.*", (event) => event.data);`))).toEqual([]);
  });

  it.each([
    [
      "a misspelt name",
      `mesh.on("com.acme.tpyo", () => 1);`,
      `parameter of type '"no event of the catalog matches \\"com.acme.tpyo\\""'`,
    ],
    [
      "a pattern without events, with options",
      `mesh.on("com.*.v9", { name: "audit" }, () => 1);`,
      `parameter of type '"no event of the catalog matches \\"com.*.v9\\""'`,
    ],
    [
      "the one of a list that is wrong",
      `mesh.on(["com.acme.built.v1", "com.acme.tpyo"], () => 1);`,
      `Type '"com.acme.tpyo"' is not assignable to type '"no event of the catalog matches \\"com.acme.tpyo\\""'`,
    ],
    [
      "a superseded type",
      `import { defineEvent, defineCatalog } from "@meshwright/core";
       const newer = defineEvent("com.acme.built.v2");
       const lifted = defineCatalog([catalog, newer]).upcast("com.acme.built.v1", "com.acme.built.v2", () => 1);
       meshOf({ catalog: lifted }).on("com.acme.built.v1", () => 1);`,
      `parameter of type '"\\"com.acme.built.v1\\" is lifted to a newer version: subscribe to that one"'`,
    ],
    [
      "publishing a misspelt type",
      `mesh.publish("com.acme.tpyo", {});`,
      `Argument of type '"com.acme.tpyo"' is not assignable to parameter of type '"com.acme.built.v1" | `,
    ],
    [
      "publishing wrong data",
      `mesh.publish("com.acme.built.v1", { digest: 5 });`,
      "Type 'number' is not assignable to type 'string'.",
    ],
    [
      "publishing a property that is not described",
      `mesh.publish("com.acme.built.v1", { digest: "x", sise: 5 });`,
      "'sise' does not exist in type",
    ],
    [
      "a wrong schema",
      `import { defineEvent } from "@meshwright/core"; defineEvent("a", { schema: { type: "strng" } });`,
      `Did you mean '"string"'?`,
    ],
  ])("names %s", (_what, line, message) => {
    const diagnostics = diagnose(withMesh(line));
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toContain(message);
  });
});

describe("a catalog of two hundred definitions in two parts", () => {
  const definition = (i: number): string => `defineEvent("com.acme.subject${i}.done.v1", { schema: {
    type: "object", required: ["id", "n${i}"],
    properties: { id: { type: "string" }, n${i}: { type: "integer" }, tags: { type: "array", items: { type: "string" } } },
  } })`;
  const part = (from: number): string =>
    `defineCatalog([${Array.from({ length: 100 }, (_, i) => definition(from + i)).join(",\n")}])`;

  it("keeps the compiler quick, and every type", () => {
    const text = (tail: string): string => `
      import { defineCatalog, defineEvent } from "@meshwright/core";
      import { meshOf } from "./mesh-shape.js";
      const a = ${part(0)};
      const b = ${part(100)};
      const mesh = meshOf({ catalog: defineCatalog([...a.definitions, ...b.definitions]) });
      ${tail}`;
    const right = `
      mesh.on("com.acme.subject7.done.v1", (event) => event.data.n7);
      mesh.on("com.acme.subject19*", (event) => event.type === "com.acme.subject199.done.v1" && event.data.n199);
      mesh.publish("com.acme.subject150.done.v1", { id: "x", n150: 1 });`;
    expect(diagnose(text(right))).toEqual([]);
    expect(diagnose(text(`mesh.publish("com.acme.subject150.done.v1", { id: "x", n151: 1 });`))[0]).toContain(
      "n151",
    );
    expect(previous?.getTypeCount()).toBeLessThan(40_000);
    expect(previous?.getInstantiationCount()).toBeLessThan(250_000);
  });
});
