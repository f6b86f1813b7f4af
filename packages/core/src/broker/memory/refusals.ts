/** What only a memory broker says: its connections can be cut and crashed on request. */
import { BrokerError } from "../../errors/errors.js";

export function crashed(): BrokerError {
  return new BrokerError(
    "BROKER_CRASHED",
    "This connection was made to crash: make a new memoryBroker({ server }) to go on with its data.",
    { retryable: false },
  );
}

export function unavailable(): BrokerError {
  return new BrokerError(
    "BROKER_UNAVAILABLE",
    "The connection to the broker is cut: try again when it is back.",
    {
      retryable: true,
    },
  );
}

export function publishFailed(): BrokerError {
  return new BrokerError(
    "BROKER_PUBLISH_FAILED",
    "A fault was asked for: the publish was not confirmed, and some of it may be stored. Publish it again.",
    { retryable: true },
  );
}
