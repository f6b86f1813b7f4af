/**
 * The gateway's work, from a signed webhook to a confirmed publish, one step a line in `take`. It knows nothing of HTTP
 * but the status it would answer with, nor of the broker but that publishing resolves when the broker confirmed.
 */
import { type GitHubCdEvent, translateGitHub, verifyGitHubSignature } from "@meshwright/cdevents";
import { BrokerError, type Logger } from "@meshwright/core";
import type { Deliveries } from "./deliveries.js";

export interface Webhook {
  /** `x-github-event` */
  readonly event: string | undefined;
  /** `x-github-delivery` */
  readonly delivery: string | undefined;
  /** `x-hub-signature-256` */
  readonly signature: string | undefined;
  /** The raw body. */
  readonly body: Uint8Array;
}

export interface Answer {
  readonly status: 202 | 400 | 401 | 413 | 422 | 500 | 503;
  readonly outcome: "published" | "ignored" | "duplicate" | "refused" | "unavailable";
  readonly reason?: string;
  /** Where in the payload, as a JSON pointer. */
  readonly path?: string;
  /** How many events were published. */
  readonly events?: number;
}

export interface IntakeParts {
  readonly secret: string;
  readonly deliveries: Deliveries;
  /** Resolves once the broker has confirmed all of them. */
  readonly publish: (events: readonly GitHubCdEvent[]) => Promise<unknown>;
  readonly logger: Logger;
}

/** Makes the function that takes webhooks. It never rejects. */
export function intake(parts: IntakeParts): (webhook: Webhook) => Promise<Answer> {
  const underWay = new Map<string, Promise<Answer>>();

  return async function take(webhook) {
    const { secret, deliveries } = parts;
    if (!verifyGitHubSignature({ secret, ...webhook })) return refused(401, "the signature does not fit");
    const { delivery, event } = webhook;
    if (!delivery) return refused(400, "the header x-github-delivery is missing");
    if (!event) return refused(400, "the header x-github-event is missing");
    const payload = parse(webhook.body);
    if (payload === undefined) return refused(400, "the body is no JSON");

    if (deliveries.has(delivery)) return duplicate;
    const earlier = underWay.get(delivery);
    if (earlier !== undefined) return repeatOf(await earlier);
    const answer = publish(parts, { event, delivery, payload: payload.value });
    underWay.set(delivery, answer);
    return answer.finally(() => underWay.delete(delivery));
  };
}

const duplicate: Answer = { status: 202, outcome: "duplicate", events: 0 };

/** The same delivery, twice at a time: the second has nothing to do, or failed with the first. */
function repeatOf(first: Answer): Answer {
  return first.outcome === "published" ? duplicate : first;
}

async function publish(
  { deliveries, publish, logger }: IntakeParts,
  delivery: { readonly event: string; readonly delivery: string; readonly payload: unknown },
): Promise<Answer> {
  const translation = translateGitHub(delivery);
  if (translation.outcome === "ignored")
    return { status: 202, outcome: "ignored", reason: translation.reason };
  if (translation.outcome === "refused") return refused(422, translation.reason, translation.path);
  try {
    await publish(translation.events);
    // Only now: a delivery that was written down and then not published would be lost.
    await deliveries.add(delivery.delivery);
    return { status: 202, outcome: "published", events: translation.events.length };
  } catch (error) {
    logger.error({ delivery: delivery.delivery, err: error }, "a delivery was not published");
    if (error instanceof BrokerError)
      return { status: 503, outcome: "unavailable", reason: "the broker cannot take it now; send it again" };
    return { status: 500, outcome: "unavailable", reason: "it could not be published; send it again" };
  }
}

function refused(status: 400 | 401 | 422, reason: string, path?: string): Answer {
  return path === undefined
    ? { status, outcome: "refused", reason }
    : { status, outcome: "refused", reason, path };
}

function parse(body: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body)) };
  } catch {
    return undefined;
  }
}
