import { type RedisBroker, type RedisBrokerOptions, redisBroker } from "@meshwright/redis";
import { unordered } from "./unordered.js";

/** What the conformance kit runs in a child process, to kill it. */
export const create = ({
  order,
  ...options
}: RedisBrokerOptions & { readonly order: boolean }): RedisBroker =>
  order ? redisBroker(options) : unordered(redisBroker(options));
