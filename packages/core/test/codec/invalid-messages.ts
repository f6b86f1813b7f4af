import type { EncodedEvent } from "@meshwright/core";
import { invalidAttributes, type Refusal, validEvent } from "./invalid-events.js";

const validHeaders: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(validEvent).map(([name, value]) => [`ce-${name}`, String(value)]),
);

interface MessageCase extends Refusal {
  readonly why: string;
  readonly message: EncodedEvent;
}

/** A valid message in binary mode with some headers changed; undefined takes one away. */
export function binaryMessage(change: {
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly contentType?: string;
  readonly body?: string | Uint8Array;
}): EncodedEvent {
  const headers = Object.entries({ ...validHeaders, ...change.headers }).filter(
    ([, value]) => value !== undefined,
  );
  return {
    contentType: change.contentType ?? "",
    headers: Object.fromEntries(headers) as Record<string, string>,
    body: change.body ?? "",
  };
}

/** What is refused in JSON is refused in a header too, unless it is so because of its JSON type. */
const attributesInHeaders: readonly MessageCase[] = invalidAttributes
  .filter(
    ({ path, code }) => path !== "" && path !== "/datacontenttype" && code !== "EVENT_ATTRIBUTE_NAME_INVALID",
  )
  .flatMap(({ why, change, ...refusal }) => {
    const [name, value] = Object.entries(change)[0] ?? [];
    if (typeof value === "string" && isEncodable(value)) {
      const headers = { [`ce-${name}`]: encodeURIComponent(value) };
      return [{ why: `a header: ${why}`, message: binaryMessage({ headers }), ...refusal }];
    }
    if (value !== undefined) return [];
    return [
      {
        why: `a header: ${why}`,
        message: binaryMessage({ headers: { [`ce-${name}`]: undefined } }),
        ...refusal,
      },
    ];
  });

function isEncodable(text: string): boolean {
  return !/\p{Cs}/u.test(text);
}

function header(why: string, name: string, value: unknown, refusal: Refusal): MessageCase {
  return { why, message: binaryMessage({ headers: { [name]: value } }), ...refusal };
}

const badName = {
  code: "EVENT_ATTRIBUTE_NAME_INVALID",
  reason: "attribute names are lower-case letters and digits only, and never data",
} as const;
const once = { code: "EVENT_ATTRIBUTE_INVALID", reason: "must be one header with one value" } as const;
const badUtf8 = { code: "EVENT_UTF8_INVALID", reason: "its percent-encoded bytes are not UTF-8" } as const;

/** HTTP binding 1.0.2, sections 3 and 3.1. */
export const invalidMessages: readonly MessageCase[] = [
  ...attributesInHeaders,

  header("a header of a bad name", "ce-my-extension", "x", { ...badName, path: "/my-extension" }),
  header("a header named data", "ce-data", "x", { ...badName, path: "/data" }),
  header("a header named data_base64", "ce-data_base64", "AA==", { ...badName, path: "/data_base64" }),
  header("a header without a name", "ce-", "x", { ...badName, path: "" }),
  header("a header that would be a prototype", "ce-__proto__", "x", { ...badName, path: "/__proto__" }),
  header("a header twice in two spellings", "CE-ID", "2", { ...once, path: "/id" }),
  header("a header with two values", "ce-ext", ["a", "b"], { ...once, path: "/ext" }),
  header("ce-datacontenttype beside the content type", "ce-datacontenttype", "text/plain", {
    code: "EVENT_ATTRIBUTE_INVALID",
    path: "/datacontenttype",
    reason: "travels as the content type, not as a header of its own",
  }),
  ...["%C0%A0", "%ff", "a%E2%82", "%ed%a0%80", "ok%20%80"].map((value) =>
    header(`percent-encoded bytes that are no UTF-8: ${value}`, "ce-subject", value, {
      ...badUtf8,
      path: "/subject",
    }),
  ),

  {
    why: "a content type that is no media type",
    message: binaryMessage({ contentType: "xyz", body: "x" }),
    code: "EVENT_ATTRIBUTE_INVALID",
    path: "/datacontenttype",
    reason: "is no RFC 2046 media type",
  },
  {
    why: "a JSON body that is no JSON",
    message: binaryMessage({ contentType: "application/vnd.acme+json", body: "I'm just a string" }),
    code: "EVENT_JSON_INVALID",
    path: "/data",
    reason: "the text is not JSON, or not all of it",
  },
  ...["application/json", "text/plain", "text/plain; charset=UTF-8"].map((contentType) => ({
    why: `a body of ${contentType} that is no UTF-8`,
    message: binaryMessage({ contentType, body: new Uint8Array([0x22, 0xff, 0x22]) }),
    code: "EVENT_UTF8_INVALID" as const,
    path: "/data",
    reason: "the bytes are not UTF-8",
  })),
  ...["application/cloudevents-batch+json", "Application/CloudEvents-Batch+JSON; charset=utf-8"].map(
    (contentType) => ({
      why: `a batch: ${contentType}`,
      message: { contentType, headers: {}, body: "[]" },
      code: "EVENT_FORMAT_UNSUPPORTED" as const,
      path: "",
      reason: "it is a batch of events, which parseBatch reads",
    }),
  ),
  ...[
    "application/cloudevents",
    "application/cloudevents+avro",
    "application/cloudevents+xml; charset=utf-8",
  ].map((contentType) => ({
    why: `another event format: ${contentType}`,
    message: { ...binaryMessage({}), contentType },
    code: "EVENT_FORMAT_UNSUPPORTED" as const,
    path: "",
    reason: "the only event format read here is JSON",
  })),
  {
    why: "no CloudEvents headers at all",
    message: { contentType: "application/json", headers: { host: "example.org" }, body: "{}" },
    code: "EVENT_ATTRIBUTE_MISSING",
    path: "/specversion",
    reason: "is required",
  },
];
