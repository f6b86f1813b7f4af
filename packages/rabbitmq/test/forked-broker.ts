import { type RabbitBroker, type RabbitBrokerOptions, rabbitBroker } from "@meshwright/rabbitmq";
import { unordered } from "./unordered.js";

/** What the conformance kit runs in a child process, to kill it. */
export const create = ({
  order,
  ...options
}: RabbitBrokerOptions & { readonly order: boolean }): RabbitBroker =>
  order ? rabbitBroker(options) : unordered(rabbitBroker(options));
