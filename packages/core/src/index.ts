/** The door for applications. Adapters import `@meshwright/core/adapter`. */

export {
  BrokerError,
  ConfigurationError,
  InvalidEventError,
  MeshError,
  RetryableError,
  TerminalError,
} from "./errors/errors.js";
export type { MeshEvent } from "./event/event.js";
