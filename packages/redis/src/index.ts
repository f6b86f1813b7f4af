/** The broker on Redis Streams. */
export { type RedisBroker, redisBroker } from "./broker.js";
export type { RedisBrokerOptions, RetentionOptions } from "./options.js";
