// Shows that every rule of scripts/layers.mjs fires: a small tree in a temporary folder breaks each of them once.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { cruise } from "dependency-cruiser";
import extractTSConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import config from "../../.dependency-cruiser.mjs";
import { root, sourceFolders } from "../lib/workspace.mjs";

/** One offence per rule: the file, and what it imports. */
const offences = {
  "no-cycles": ["packages/core/src/util/egg.ts", `import "./hen.js";`],
  "no-unresolved": ["packages/core/src/util/lost.ts", `import "./nowhere.js";`],
  "no-deep-imports": ["packages/sqlite/test/deep.ts", `import "../../core/src/util/plain.js";`],
  "no-relative-doors": ["packages/sqlite/test/relative.ts", `import "../../core/src/adapter.js";`],
  "no-undeclared-libraries": ["packages/core/src/schema/dev.ts", `import "ajv";`],
  "no-sources-on-tools": ["packages/testing/src/tools.ts", `import "../../../bench/src/main.js";`],
  "core-stands-alone": ["packages/core/src/util/upwards.ts", `import "@meshwright/testing";`],
  "core-libraries": ["packages/core/src/broker/driver.ts", `import "ioredis";`],
  "core-ajv-in-schema": ["packages/core/src/publish/ajv.ts", `import "ajv-formats";`],
  "cloudevents-in-interop": [
    "packages/core/src/codec/sdk.ts",
    `import type { CloudEvent } from "cloudevents";`,
  ],
  "core-unknown-layer": ["packages/core/src/mesh/misc.ts", `import "../misc/anything.js";`],
  "core-layer-errors": ["packages/core/src/errors/up.ts", `import "../event/plain.js";`],
  "core-layer-clock": ["packages/core/src/clock/up.ts", `import "../event/plain.js";`],
  "core-layer-util": ["packages/core/src/util/up.ts", `import type { x } from "../event/plain.js";`],
  "core-layer-event": ["packages/core/src/event/up.ts", `import "../schema/plain.js";`],
  "core-layer-schema": ["packages/core/src/schema/up.ts", `import "../codec/plain.js";`],
  "core-layer-codec": ["packages/core/src/codec/up.ts", `import "../broker/plain.js";`],
  "core-layer-broker": ["packages/core/src/broker/memory/up.ts", `import "../../routing/plain.js";`],
  "core-layer-routing": ["packages/core/src/routing/up.ts", `import "../publish/plain.js";`],
  "core-layer-store": ["packages/core/src/store/up.ts", `import "../outbox/plain.js";`],
  "core-layer-interop": ["packages/core/src/interop/up.ts", `import "../index.js";`],
  "core-layer-publish": ["packages/core/src/publish/up.ts", `import "../consume/plain.js";`],
  "core-layer-consume": ["packages/core/src/consume/up.ts", `import "../mesh/plain.js";`],
  "core-layer-outbox": ["packages/core/src/outbox/up.ts", `import "../saga/plain.js";`],
  "core-layer-decider": ["packages/core/src/decider/up.ts", `import "../archive/plain.js";`],
  "core-layer-archive": ["packages/core/src/archive/up.ts", `import "../mesh/plain.js";`],
  "core-layer-saga": ["packages/core/src/saga/up.ts", `import "../projection/plain.js";`],
  "core-layer-projection": ["packages/core/src/projection/up.ts", `import "../mesh/plain.js";`],
  "core-layer-mesh": ["packages/core/src/mesh/up.ts", `import "../index.js";`],
  "sqlite-doors": ["packages/sqlite/src/app-door.ts", `import type { x } from "@meshwright/core";`],
  "sqlite-libraries": ["packages/sqlite/src/other-driver.ts", `import "ioredis";`],
  "redis-doors": ["packages/redis/src/sibling.ts", `import "@meshwright/sqlite";`],
  "redis-libraries": ["packages/redis/src/other-driver.ts", `import "pg";`],
  "rabbitmq-doors": ["packages/rabbitmq/src/app-door.ts", `import "@meshwright/core";`],
  "rabbitmq-libraries": ["packages/rabbitmq/src/other-driver.ts", `import "ioredis";`],
  "postgres-doors": ["packages/postgres/src/kit.ts", `import "@meshwright/testing";`],
  "postgres-libraries": ["packages/postgres/src/other-driver.ts", `import "amqplib";`],
  "cdevents-doors": ["packages/cdevents/src/adapter-door.ts", `import "@meshwright/core/adapter";`],
  "cdevents-libraries": ["packages/cdevents/src/library.ts", `import "rxjs";`],
  "http-doors": ["packages/http/src/adapter-door.ts", `import "@meshwright/core/adapter";`],
  "http-libraries": ["packages/http/src/library.ts", `import "rxjs";`],
  "rx-doors": ["packages/rx/src/sibling.ts", `import "@meshwright/sqlite";`],
  "rx-libraries": ["packages/rx/src/library.ts", `import "ajv";`],
  "otel-doors": ["packages/otel/src/adapter-door.ts", `import "@meshwright/core/adapter";`],
  "otel-libraries": ["packages/otel/src/library.ts", `import "rxjs";`],
  "testing-doors": ["packages/testing/src/sibling.ts", `import "@meshwright/sqlite";`],
  "testing-libraries": ["packages/testing/src/library.ts", `import "rxjs";`],
};

/** What the rules allow: the doors, the own driver, imports downwards, and what the offences above lean on. */
const allowed = {
  "bench/src/main.ts": `import "@meshwright/core";\nimport "rxjs";`,
  "packages/core/src/index.ts": `export { x } from "./mesh/plain.js";`,
  "packages/core/src/adapter.ts": `export { x } from "./broker/plain.js";`,
  "packages/core/src/util/hen.ts": `import type { x } from "./egg.js";`,
  "packages/core/src/util/clocked.ts": `import "../clock/plain.js";\nimport "node:fs";`,
  "packages/core/src/misc/anything.ts": "export const x = 1;",
  "packages/core/src/consume/down.ts": `import "../publish/plain.js";\nimport "../util/plain.js";`,
  "packages/core/src/interop/cloudevents.ts": `import "cloudevents";`,
  "packages/core/src/broker/memory/memory.ts": `import "../plain.js";`,
  "packages/sqlite/src/index.ts": `import "@meshwright/core/adapter";\nimport "@photostructure/sqlite";`,
  "packages/sqlite/test/suite.ts": `import "@meshwright/testing";\nimport "@meshwright/core";\nimport "../src/index.js";`,
  "packages/testing/src/index.ts": `import "@meshwright/core";\nimport "@meshwright/core/adapter";\nimport "vitest";`,
  "packages/cdevents/src/index.ts": `import "@meshwright/core";`,
};

const coreFolders =
  "errors clock util event schema codec broker routing store interop publish consume outbox decider archive saga projection mesh";
const libraries = "ajv ajv-formats cloudevents rxjs ioredis pg amqplib vitest @photostructure/sqlite";

let folder;
let violations;

function write(path, text) {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function writeTree() {
  for (const [path, text] of Object.entries(allowed)) write(path, text);
  for (const name of coreFolders.split(" "))
    write(`packages/core/src/${name}/plain.ts`, "export const x = 1;");
  for (const [path, text] of Object.values(offences)) write(path, text);
  for (const name of libraries.split(" ")) {
    write(`node_modules/${name}/package.json`, JSON.stringify({ name, main: "index.js" }));
    write(`node_modules/${name}/index.js`, "");
  }
  const dependencies = Object.fromEntries(libraries.split(" ").map((name) => [name, "*"]));
  mkdirSync(join(folder, "node_modules/@meshwright"));
  for (const name of [
    "core",
    "sqlite",
    "redis",
    "rabbitmq",
    "postgres",
    "cdevents",
    "http",
    "rx",
    "otel",
    "testing",
  ]) {
    const exports = {
      ".": { "@meshwright/source": "./src/index.ts" },
      "./adapter": { "@meshwright/source": "./src/adapter.ts" },
    };
    const { ajv, ...declared } = dependencies;
    const manifest = {
      name: `@meshwright/${name}`,
      exports,
      dependencies: declared,
      devDependencies: { ajv },
    };
    write(`packages/${name}/package.json`, JSON.stringify(manifest));
    symlinkSync(join(folder, "packages", name), join(folder, "node_modules/@meshwright", name));
  }
}

async function cruiseFolder(baseDir, paths) {
  const { tsConfig, ...options } = config.options;
  const ruleSet = { forbidden: config.forbidden };
  const typescript = extractTSConfig(join(root, "tsconfig.json"));
  const here = process.cwd();
  process.chdir(baseDir);
  try {
    const cruised = await cruise(
      paths,
      { ...options, tsConfig: { fileName: join(root, "tsconfig.json") }, validate: true, ruleSet, baseDir },
      undefined,
      { tsConfig: typescript },
    );
    return cruised.output.summary.violations;
  } finally {
    process.chdir(here);
  }
}

beforeAll(async () => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "layers-")));
  writeTree();
  violations = await cruiseFolder(folder, ["packages", "bench"]);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the layer rules", () => {
  test.each(Object.entries(offences))("%s fires", (rule, [path]) => {
    const fired = violations
      .filter((violation) => violation.from === path)
      .map((violation) => violation.rule.name);
    expect(fired).toContain(rule);
  });

  test("every rule is shown to fire", () => {
    expect(config.forbidden.map((rule) => rule.name).filter((name) => !(name in offences))).toEqual([]);
  });

  test("what is allowed passes", () => {
    const wronged = violations.filter((violation) => violation.from in allowed);
    expect(wronged.filter((violation) => violation.rule.name !== "no-cycles")).toEqual([]);
  });

  test("this workspace obeys them", { timeout: 60_000 }, async () => {
    const broken = await cruiseFolder(root, sourceFolders);
    expect(broken.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  });

  test("each rule says why", () => {
    for (const rule of config.forbidden) expect(rule.comment.length).toBeGreaterThan(30);
  });
});
