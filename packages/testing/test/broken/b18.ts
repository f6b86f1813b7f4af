import { BrokerError } from "@meshwright/core/adapter";
import { delegate, type Sin } from "./sin.js";

export const b18: Sin = {
  sin: "a group with another ordering is joined as it is",
  caughtBy: { "B18/ordering": /was taken/, "B18/kept": /was taken/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) =>
      broker
        .subscribe(request)
        .catch(() => broker.subscribe({ ...request, ordering: request.ordering === "key" ? "none" : "key" })),
  }),
};

export const b18Vague: Sin = {
  sin: "the refusal does not say what differs",
  caughtBy: { "B18/ordering": /names the difference/ },
  commit: (broker) => ({
    ...delegate(broker),
    subscribe: (request) =>
      broker.subscribe(request).catch((cause: unknown) => {
        throw new BrokerError("PRECONDITION_FAILED", "Precondition failed (406).", {
          retryable: true,
          cause,
        });
      }),
  }),
};
