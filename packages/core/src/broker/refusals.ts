/** What every broker refuses, in the same words and with the same codes, so that changing the broker changes no `catch`. */
import { BrokerError } from "../errors/errors.js";

const final = { retryable: false };

export interface Refusals {
  notOpen(): BrokerError;
  alreadyOpen(): BrokerError;
  closed(): BrokerError;
  iteratedTwice(): BrokerError;
  prefetchInvalid(prefetch: number): BrokerError;
  offsetInvalid(offset: string): BrokerError;
  bodyTooLarge(limit: number): BrokerError;
  /** The group exists with another ordering (B18). */
  orderingDiffers(
    place: { readonly channel: string; readonly group: string },
    is: string,
    asked: string,
  ): BrokerError;
}

/** The common refusals of contract calls. Throw or reject with them; an adapter adds errors of its own beside them. */
export const refusals: Refusals = {
  notOpen: () =>
    new BrokerError(
      "BROKER_NOT_OPEN",
      "The broker is not open yet. Call open() first, or start the mesh.",
      final,
    ),
  alreadyOpen: () =>
    new BrokerError(
      "BROKER_ALREADY_OPEN",
      "A broker is one connection of one mesh, and this one is in use. Create a broker for each mesh.",
      final,
    ),
  closed: () =>
    new BrokerError("BROKER_CLOSED", "The broker is closed. Create a new one to connect again.", final),
  iteratedTwice: () =>
    new BrokerError(
      "BROKER_ITERATED_TWICE",
      "A subscription is iterated once. Subscribe again for another member.",
      final,
    ),
  prefetchInvalid: (prefetch) =>
    new BrokerError(
      "BROKER_REQUEST_INVALID",
      `prefetch must be a whole number from 1, not ${prefetch}.`,
      final,
    ),
  offsetInvalid: (offset) =>
    new BrokerError(
      "BROKER_OFFSET_INVALID",
      `"${offset.slice(0, 40)}" is no offset of this channel. Use one that a delivery or a history entry carried.`,
      final,
    ),
  bodyTooLarge: (limit) =>
    new BrokerError(
      "BROKER_BODY_TOO_LARGE",
      `A body has more than ${limit} bytes. Send a reference to the data instead.`,
      { retryable: false, about: "message" },
    ),
  orderingDiffers: ({ channel, group }, is, asked) =>
    new BrokerError(
      "BROKER_TOPOLOGY_MISMATCH",
      `Group "${group}" of channel "${channel}" has ordering "${is}", asked for was "${asked}". Ask for "${is}", or use another group name.`,
      final,
    ),
};
