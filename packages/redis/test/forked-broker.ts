import { type RedisBroker, type RedisBrokerOptions, redisBroker } from "@meshwright/redis";

/** What the conformance kit runs in a child process, to kill it. */
export const create = (options: RedisBrokerOptions): RedisBroker => redisBroker(options);
