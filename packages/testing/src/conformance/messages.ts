import assert from "node:assert/strict";
import type { Delivery, Failure, WireMessage } from "@meshwright/core/adapter";

let made = 0;

/** A message with an id of its own; what the test does not care about is filled in. */
export function message(fields: Partial<WireMessage> = {}): WireMessage {
  made++;
  const id = fields.id ?? `m${made}`;
  return {
    type: "com.example.thing.happened.v1",
    key: "key",
    contentType: "application/cloudevents+json",
    headers: {},
    body: JSON.stringify({ id }),
    ...fields,
    id,
  };
}

/** So many messages, all with the given fields. */
export function messages(count: number, fields: Partial<WireMessage> = {}): WireMessage[] {
  return Array.from({ length: count }, () => message(fields));
}

/** So many messages, dealt out to so many keys in turn. */
export function keyedMessages(count: number, keys: number): WireMessage[] {
  return Array.from({ length: count }, (_, index) => message({ key: `key-${index % keys}` }));
}

export function ids(entries: readonly { readonly message: WireMessage }[]): string[] {
  return entries.map((entry) => entry.message.id);
}

export function idsOf(list: readonly WireMessage[]): string[] {
  return list.map((one) => one.id);
}

export function attempts(deliveries: readonly Delivery[]): number[] {
  return deliveries.map((delivery) => delivery.attempt);
}

export const failure: Failure = { reason: "failed", code: "TEST_FAILED", message: "the handler failed" };

/** A body as bytes, whichever form it came back in. */
export function bytesOf(body: string | Uint8Array): Uint8Array {
  return typeof body === "string" ? new TextEncoder().encode(body) : body;
}

/** Asserts that a message came back as it went in (B16). Text may come back as its UTF-8 bytes. */
export function assertSame(actual: WireMessage, expected: WireMessage, where: string): void {
  const { body: actualBody, deliverAt: _, headers: actualHeaders, ...actualRest } = actual;
  const { body: expectedBody, deliverAt: __, headers: expectedHeaders, ...expectedRest } = expected;
  assert.deepEqual({ ...actualRest }, { ...expectedRest }, `${where}: the fields differ`);
  assert.deepEqual({ ...actualHeaders }, { ...expectedHeaders }, `${where}: the headers differ`);
  assert.ok(
    Buffer.compare(bytesOf(actualBody), bytesOf(expectedBody)) === 0,
    `${where}: the body of ${expected.id} differs (${bytesOf(actualBody).length} bytes came of ${bytesOf(expectedBody).length})`,
  );
  if (typeof expectedBody !== "string")
    assert.ok(actualBody instanceof Uint8Array, `${where}: bytes came back as text`);
}

/** Asserts that two lists hold the same ids, whatever their order, none twice. */
export function assertSameIds(actual: readonly string[], expected: readonly string[], where: string): void {
  const seen = new Set(actual);
  const wanted = new Set(expected);
  const missing = expected.filter((id) => !seen.has(id));
  const extra = [...seen].filter((id) => !wanted.has(id));
  const twice = actual.filter((id, index) => actual.indexOf(id) !== index && actual.length !== seen.size);
  assert.deepEqual(
    { missing: missing.slice(0, 10), extra: extra.slice(0, 10), twice: [...new Set(twice)].slice(0, 10) },
    { missing: [], extra: [], twice: [] },
    where,
  );
}

/** Asserts that a call is refused with an error of the library that has a code. */
export async function assertRefused(call: Promise<unknown>, what: string): Promise<Error> {
  const outcome = await call.then(
    () => undefined,
    (error: unknown) => error as Error & { code?: unknown },
  );
  assert.ok(outcome, `${what} was taken, though it must be refused`);
  assert.ok(
    ["BrokerError", "ConfigurationError"].includes(outcome.name) && typeof outcome.code === "string",
    `${what} was refused with ${outcome.name}, not with a BrokerError or ConfigurationError: ${outcome.message}`,
  );
  return outcome;
}
