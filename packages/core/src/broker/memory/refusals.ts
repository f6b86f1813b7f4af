import { BrokerError } from "../../errors/errors.js";

const final = { retryable: false };

export function notOpen(): BrokerError {
  return new BrokerError(
    "BROKER_NOT_OPEN",
    "The broker is not open yet: call open() first, or start the mesh.",
    final,
  );
}

export function alreadyOpen(): BrokerError {
  return new BrokerError(
    "BROKER_ALREADY_OPEN",
    "A broker is one connection of one mesh. To share data between meshes give each its own memoryBroker({ server }) of one memoryServer().",
    final,
  );
}

export function closed(): BrokerError {
  return new BrokerError("BROKER_CLOSED", "The broker is closed: make a new one to connect again.", final);
}

export function crashed(): BrokerError {
  return new BrokerError(
    "BROKER_CRASHED",
    "This connection was made to crash: make a new memoryBroker({ server }) to go on with its data.",
    final,
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

export function offsetInvalid(offset: string, channel: string, end: number): BrokerError {
  return new BrokerError(
    "BROKER_OFFSET_INVALID",
    `Channel "${channel}" has no offset "${offset}": give one that a delivery carried, up to ${end}.`,
    final,
  );
}

export function orderingDiffers(channel: string, group: string, is: string, wanted: string): BrokerError {
  return new BrokerError(
    "BROKER_TOPOLOGY_MISMATCH",
    `Group "${group}" of channel "${channel}" has ordering "${is}", not "${wanted}": subscribe with "${is}", or under another group name.`,
    final,
  );
}

export function requestInvalid(message: string): BrokerError {
  return new BrokerError("BROKER_REQUEST_INVALID", message, final);
}
