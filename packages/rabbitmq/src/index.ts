/** The broker on RabbitMQ. */
export { type RabbitBroker, rabbitBroker } from "./broker.js";
export type { RabbitBrokerOptions, RetentionOptions } from "./options.js";
export {
  type BindingPlan,
  type ExchangePlan,
  type QueuePlan,
  type Topology,
  type TopologyRequest,
  topology,
} from "./topology.js";
