// Prints docs/adapters.md from the manifests of the brokers.
import { memoryBroker } from "@meshwright/core";
import type { Broker, BrokerCapabilities } from "@meshwright/core/adapter";
import { rabbitBroker } from "@meshwright/rabbitmq";
import { redisBroker } from "@meshwright/redis";
import { sqliteBroker } from "@meshwright/sqlite";

const brokers: Readonly<Record<string, Broker>> = {
  memory: memoryBroker(),
  sqlite: sqliteBroker({ path: "events.db" }),
  redis: redisBroker({ url: "redis://localhost" }),
  rabbitmq: rabbitBroker({ url: "amqp://localhost" }),
};

const meaning: Readonly<Record<keyof BrokerCapabilities, string>> = {
  durable: "confirmed events survive the end of every process",
  reach: "who can share it",
  keyOrder: 'groups with `ordering: "key"`',
  delayedRetry: "retries after a delay",
  delayedPublish: "`publish` with `delay`",
  typeFilter: "delivers only the types a group asks for",
  startPositions: "`from` of a new group",
  replay: "`mesh.replay`",
  deadLetters: "`mesh.deadLetters`, `redrive`, `purge`",
  inspection: "lag and counts in `mesh.health`",
  atomicBatch: "one `publishAll` to one channel is stored whole or not at all",
  maxBodyBytes: "largest encoded event in bytes",
};

function shown(value: BrokerCapabilities[keyof BrokerCapabilities]): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (value === undefined) return "no limit";
  return typeof value === "object" ? value.join(", ") : String(value);
}

const names = Object.keys(brokers);
const facts = Object.keys(meaning) as (keyof BrokerCapabilities)[];
const rows = facts.map((fact) => {
  const cells = Object.values(brokers).map(({ capabilities }) => shown(capabilities[fact]));
  return `| \`${fact}\` | ${meaning[fact]} | ${cells.join(" | ")} |`;
});
process.stdout.write(`# Adapters

Generated from the brokers' manifests by \`npm run docs\`. Asking for what is "no" is refused at start or at the call.

| fact | meaning | ${names.join(" | ")} |
|---|---|${names.map(() => "---|").join("")}
${rows.join("\n")}
`);
