import type { WireMessage } from "@meshwright/core/adapter";
import { type StoreSin, withTransactions } from "./sin.js";

/** Appends what the change makes of each message. */
const changing =
  (change: (message: WireMessage) => WireMessage): NonNullable<StoreSin["commit"]> =>
  (store) =>
    withTransactions(store, (tx) => ({
      append: (rows) =>
        tx.append(rows.map(({ channel, message }) => ({ channel, message: change(message) }))),
    }));

export const s10: StoreSin = {
  sin: "bodies are kept as text",
  caughtBy: { "S10/edges": /bytes came back as text/, "S10/random": /body/ },
  commit: changing((message) => ({ ...message, body: Buffer.from(message.body).toString("utf8") })),
};

export const s10Nul: StoreSin = {
  sin: "NUL is left out",
  caughtBy: { "S10/edges": /body|headers/ },
  commit: changing((message) => ({
    ...message,
    headers: Object.fromEntries(
      Object.entries(message.headers).map(([name, value]) => [name, value.replaceAll("\u0000", "")]),
    ),
  })),
};

export const s10Short: StoreSin = {
  sin: "keys are cut at 255 characters",
  caughtBy: { "S10/edges": /fields differ/ },
  commit: changing((message) => ({ ...message, key: message.key.slice(0, 255) })),
};

export const s10Now: StoreSin = {
  sin: "the time of delivery is forgotten",
  caughtBy: { "S10/edges": /1800000000123/ },
  commit: changing(({ deliverAt: _, ...message }) => message),
};
