/** What the publisher writes by itself, against what a server makes of it. */
import { silentLogger, systemClock } from "@meshwright/core/adapter";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import type { ConsumeMessage, Options } from "amqplib";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { Link } from "../src/link.js";
import { settingsFrom } from "../src/options.js";
import { Publisher } from "../src/publisher.js";
import { rawChannel } from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

const settings = settingsFrom({ url });
const link = new Link({
  settings,
  name: "frames",
  clock: systemClock,
  logger: silentLogger,
});
await link.open();
afterAll(() => link.close());
const publisher = new Publisher(link, { ...settings, window: 1_024 }, systemClock);
const raw = await rawChannel(url);
const queue = "frames";
await raw.assertQueue(queue, { durable: true, autoDelete: true });
let came: ConsumeMessage[] = [];
await raw.consume(queue, (message) => message && came.push(message), { noAck: true });

interface Sent {
  readonly body: Buffer;
  readonly properties: Options.Publish;
}

async function throughServer(sent: readonly Sent[]): Promise<Sent[]> {
  came = [];
  await publisher.send(sent.map((one) => ({ exchange: "", key: queue, ...one })));
  await eventually("all come", () => came.length === sent.length);
  return came.map(({ content, properties }) => ({ body: content, properties }));
}

const short = fc.string({ unit: "binary", maxLength: 60 });
const header = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.maxSafeInteger(),
  fc.integer().map((whole) => whole + 0.5),
);
const properties = fc.record(
  {
    contentType: short,
    correlationId: short,
    messageId: short,
    type: short,
    appId: short,
    timestamp: fc.nat(),
    persistent: fc.boolean(),
    headers: fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), header, { maxKeys: 5 }),
  },
  { requiredKeys: [] },
);
const body = fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes));

test("all properties, headers and bytes arrive as they were given, in order", async () => {
  const message = fc.record({ body, properties });
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 30 }), async (sent) => {
      const arrived = await throughServer(sent);
      for (const [index, { body, properties }] of sent.entries()) {
        const { persistent, headers = {}, ...given } = properties;
        const one = arrived[index] as Sent;
        expect(one.body.equals(body)).toBe(true);
        expect(one.properties).toMatchObject({ ...given, ...(persistent && { deliveryMode: 2 }) });
        expect({ ...one.properties.headers }).toEqual({ ...headers });
      }
    }),
    { numRuns: 60 },
  );
});

test("a body of several frames, and one that ends with a frame", async () => {
  const payload = 131_072 - 8;
  const sizes = [16_384, 16_385, payload - 1, payload, payload + 1, 2 * payload, 3 * payload + 7, 0];
  const sent = sizes.map((size) => ({
    body: Buffer.alloc(size, size % 251),
    properties: { persistent: true },
  }));
  const arrived = await throughServer(sent);
  expect(arrived.map(({ body }) => body.length)).toEqual(sizes);
  expect(arrived.every(({ body }, index) => body.equals(sent[index]?.body as Buffer))).toBe(true);
});

test("more in a row than a piece has room for, bodies of all sizes among each other", async () => {
  const sent = Array.from({ length: 400 }, (_, index) => ({
    body: Buffer.alloc((index * 997) % 17_000, index % 251),
    properties: { persistent: true },
  }));
  const arrived = await throughServer(sent);
  expect(arrived.every(({ body }, index) => body.equals(sent[index]?.body as Buffer))).toBe(true);
});

test("channels of one connection that send at the same time do not tear each other's frames", async () => {
  const others = [
    new Publisher(link, { ...settings, window: 1_024 }, systemClock),
    new Publisher(link, { ...settings, window: 1_024 }, systemClock),
  ];
  await Promise.all(
    others.map((one) => one.send([{ exchange: "", key: "nowhere", body: Buffer.alloc(1), properties: {} }])),
  );
  const sent = (fill: number): Sent[] =>
    Array.from({ length: 60 }, (_, index) => ({ body: Buffer.alloc(index * 1_000, fill), properties: {} }));
  const [arrived] = await Promise.all([
    throughServer(sent(1)),
    ...others.map((one) => one.send(sent(2).map((other) => ({ exchange: "", key: "nowhere", ...other })))),
  ]);
  expect(arrived.every(({ body }, index) => body.equals(Buffer.alloc(index * 1_000, 1)))).toBe(true);
  await Promise.all(others.map((one) => one.close()));
});

test("headers that no frame can take are refused, and what comes before and after them is sent", async () => {
  const properties = { headers: { huge: "x".repeat(140_000) } };
  const before = throughServer([{ body: Buffer.from("before"), properties: {} }]);
  await before;
  const refused = publisher.send([{ exchange: "", key: queue, body: Buffer.from("huge"), properties }]);
  await expect(refused).rejects.toMatchObject({ code: "RABBITMQ_HEADERS_TOO_LARGE" });
  const after = await throughServer([{ body: Buffer.from("after"), properties: {} }]);
  expect(after[0]?.body.toString()).toBe("after");
});
