import { signGitHub } from "@meshwright/cdevents";
import { type Payload, withValues } from "./payloads.js";
import type { Request } from "./wire.js";

export interface BadRequest {
  readonly what: string;
  /** What it must be answered with. */
  readonly status: number;
  readonly request: (secret: string) => Request;
}

const megabyte = 1024 * 1024;

/** What no gateway may take. */
export function badRequests(
  examples: ReadonlyMap<string, readonly Payload[]>,
  newDelivery: () => string,
): readonly BadRequest[] {
  const payload = examples.get("pull_request")?.[0] ?? {};
  const body = Buffer.from(JSON.stringify(payload));
  const request = (signer: string | undefined, sent: Buffer, extra: Partial<Request> = {}): Request => ({
    body: sent,
    headers: {
      "x-github-event": "pull_request",
      "x-github-delivery": newDelivery(),
      ...(signer === undefined ? {} : { "x-hub-signature-256": signGitHub({ secret: signer, body: sent }) }),
    },
    ...extra,
  });
  const headers = { "x-github-event": "pull_request", "x-github-delivery": newDelivery() };
  const noNumber = Buffer.from(JSON.stringify(withValues(payload, { pull_request: { number: "seven" } })));

  return [
    { what: "wrong secret", status: 401, request: () => request("guessed", body) },
    { what: "no signature", status: 401, request: () => request(undefined, body) },
    {
      what: "changed after signing",
      status: 401,
      request: (secret) => ({
        ...request(secret, body),
        body: Buffer.concat([body.subarray(0, -1), Buffer.from(" }")]),
      }),
    },
    {
      what: "malformed JSON",
      status: 400,
      request: (secret) => request(secret, Buffer.from('{"action":opened}')),
    },
    {
      what: "truncated JSON",
      status: 400,
      request: (secret) => request(secret, body.subarray(0, body.length >> 1)),
    },
    {
      what: "connection ended in the body",
      status: 400,
      request: (secret) => request(secret, body, { cutAt: 100 }),
    },
    { what: "not what GitHub documents", status: 422, request: (secret) => request(secret, noNumber) },
    {
      what: "10 MB",
      status: 413,
      request: () => ({ headers, body: Buffer.alloc(10 * megabyte, 0x20) }),
    },
  ];
}
