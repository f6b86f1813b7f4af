import { join } from "node:path";
import type { Broker } from "@meshwright/core";
import { rabbitBroker } from "@meshwright/rabbitmq";
import { redisBroker } from "@meshwright/redis";
import { sqliteBroker } from "@meshwright/sqlite";
import { setting } from "./settings.js";

/** A line for each broker; a service of yours needs one of them. A short lease lets a killed service's work go on soon. */
const brokers: Readonly<Record<string, () => Broker>> = {
  sqlite: () => sqliteBroker({ path: join(setting("DATA_FOLDER"), "mesh.db"), lease: "3s" }),
  redis: () => redisBroker({ url: setting("BROKER_URL"), lease: "3s" }),
  rabbitmq: () => rabbitBroker({ url: setting("BROKER_URL"), lease: "3s" }),
};

/** The broker that all services share: the one that BROKER names. */
export function pipelineBroker(): Broker {
  const name = setting("BROKER", "sqlite");
  const create = brokers[name];
  if (create === undefined)
    throw new Error(`BROKER is ${name}; it must be one of ${Object.keys(brokers).join(", ")}.`);
  return create();
}
