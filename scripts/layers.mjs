// Who may import whom: the rules of `npm run lint`, read by .dependency-cruiser.mjs and proven to fire by
// scripts/test/layers.test.mjs. Imports of types count as well: they are a dependency of the reader all the same.

/** Adapters, each with the one driver it may use. */
const adapters = {
  sqlite: ["@photostructure/sqlite"],
  redis: ["ioredis"],
  rabbitmq: ["amqplib"],
  postgres: ["pg"],
};

/** Packages that stand on the application's door of core, each with the libraries it is about. */
const companions = {
  cdevents: [],
  http: [],
  rx: ["rxjs"],
  otel: ["@opentelemetry/api", "@opentelemetry/core", "@opentelemetry/semantic-conventions"],
};

/** The folders of core/src, lowest first. A folder may import what stands above it in this list. */
const coreLayers = [
  ["errors", "clock", "util"],
  ["event"],
  ["schema"],
  ["codec"],
  ["broker"],
  ["routing", "store", "interop"],
  ["publish"],
  ["consume"],
  ["outbox", "decider", "archive", "saga", "projection"],
  ["mesh"],
];

const door = (...names) => `^packages/core/src/(${names.join("|")})\\.ts$`;
const anyOf = (names) => `(${names.join("|")})`;
/** A dependency from npm, wherever pnpm has put it. */
const library = (names) => `(^|/)node_modules/${anyOf(names)}(/|$)`;
const fromNpm = {
  dependencyTypes: ["npm", "npm-dev", "npm-peer", "npm-optional", "npm-no-pkg", "npm-unknown"],
};

function stayIn(name, allowedDoor, libraries) {
  const from = { path: `^packages/${name}/src/` };
  return [
    {
      name: `${name}-doors`,
      severity: "error",
      comment: `${name} may enter core by ${allowedDoor} only, and no other package: that is all it needs and all we keep stable for it.`,
      from,
      to: { path: "^packages/", pathNot: [`^packages/${name}/src/`, allowedDoor] },
    },
    {
      name: `${name}-libraries`,
      severity: "error",
      comment: `${name} may use ${libraries.join(", ") || "no library"}: whoever installs it gets nothing else.`,
      from,
      to: { ...fromNpm, pathNot: [library([...libraries, "@meshwright/core"])] },
    },
  ];
}

function coreLayerRules() {
  const below = [];
  const rules = [];
  for (const [rank, layer] of coreLayers.entries()) {
    for (const folder of layer) {
      const friends = rank === 0 ? layer : [...below, folder];
      rules.push({
        name: `core-layer-${folder}`,
        severity: "error",
        comment: `core/src/${folder} may import ${friends.filter((name) => name !== folder).join(", ")} only: layers import downwards, so that each can be read without those above.`,
        from: { path: `^packages/core/src/${folder}/` },
        to: { path: "^packages/core/src/", pathNot: [`^packages/core/src/${anyOf(friends)}/`] },
      });
    }
    below.push(...layer);
  }
  const known = anyOf(coreLayers.flat());
  rules.push({
    name: "core-unknown-layer",
    severity: "error",
    comment: "Every folder of core/src has its place in coreLayers of scripts/layers.mjs.",
    from: {},
    to: { path: "^packages/core/src/[^/]+/", pathNot: [`^packages/core/src/${known}/`] },
  });
  return rules;
}

export const rules = [
  {
    name: "no-cycles",
    severity: "error",
    comment: "Files that need each other are one file, or hide a third that both stand on.",
    from: {},
    to: { circular: true },
  },
  {
    name: "no-unresolved",
    severity: "error",
    comment: "The import leads nowhere: a typing error, or a path that the package does not export.",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-deep-imports",
    severity: "error",
    comment:
      "Packages know each other by their names (`@meshwright/core`), never by paths into each other's folders.",
    from: { path: "^(packages/[^/]+|examples/[^/]+|bench|chaos)/" },
    to: {
      path: "^(packages/[^/]+|examples/[^/]+|bench|chaos)/",
      pathNot: ["^$1/", "^packages/[^/]+/src/(index|adapter)\\.ts$"],
    },
  },
  {
    name: "no-relative-doors",
    severity: "error",
    comment:
      "Another package's door is entered by its name: only that path exists once the packages are published.",
    from: { path: "^(packages/[^/]+|examples/[^/]+|bench|chaos)/" },
    to: { path: "^packages/", pathNot: ["^$1/"], dependencyTypes: ["local"] },
  },
  {
    name: "no-undeclared-libraries",
    severity: "error",
    comment: "What published code imports stands in its package.json, and not only for development.",
    from: { path: "^packages/[^/]+/src/" },
    to: {
      dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"],
      dependencyTypesNot: ["npm", "npm-peer", "npm-optional"],
    },
  },
  {
    name: "no-sources-on-tools",
    severity: "error",
    comment: "Published code depends on no example, benchmark or test.",
    from: { path: "^packages/[^/]+/src/" },
    to: { path: "^(examples|bench|chaos|scripts)/|^packages/[^/]+/test/" },
  },
  {
    name: "core-stands-alone",
    severity: "error",
    comment: "core imports no other package of ours: they stand on it.",
    from: { path: "^packages/core/src/" },
    to: { path: "^packages/", pathNot: ["^packages/core/src/"] },
  },
  {
    name: "core-libraries",
    severity: "error",
    comment:
      "core has no broker client, no rxjs, no database driver: ajv, ajv-formats and the Standard Schema types only.",
    from: { path: "^packages/core/src/" },
    to: { ...fromNpm, pathNot: [library(["ajv", "ajv-formats", "@standard-schema/spec", "cloudevents"])] },
  },
  {
    name: "core-ajv-in-schema",
    severity: "error",
    comment: "Only core/src/schema knows ajv, so that a service with precompiled validators never loads it.",
    from: { path: "^packages/core/src/", pathNot: ["^packages/core/src/schema/"] },
    to: { path: library(["ajv", "ajv-formats"]) },
  },
  {
    name: "cloudevents-in-interop",
    severity: "error",
    comment:
      "The cloudevents SDK is an optional peer: one file touches it, and nobody else needs it installed.",
    from: { path: "^packages/[^/]+/src/", pathNot: ["^packages/core/src/interop/cloudevents\\.ts$"] },
    to: { path: library(["cloudevents"]) },
  },
  ...coreLayerRules(),
  ...Object.entries(adapters).flatMap(([name, driver]) => stayIn(name, door("adapter"), driver)),
  ...Object.entries(companions).flatMap(([name, libraries]) => stayIn(name, door("index"), libraries)),
  ...stayIn("testing", door("index", "adapter"), ["vitest"]),
];
