/** More groups and channels in one process than a connection has room for. */
import { rabbitmqServer } from "@meshwright/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { iterate, message, openBroker } from "./support.js";

let server: Awaited<ReturnType<typeof rabbitmqServer>> | undefined;
beforeAll(async () => {
  server = await rabbitmqServer({ config: ["channel_max = 60"] });
}, 60_000);
afterAll(() => server?.close());

async function connections(): Promise<number> {
  const listed = await server?.ctl("list_connections", "pid", "--silent");
  return listed?.split("\n").filter((line) => line !== "").length ?? 0;
}

test.each(["key", "none"] as const)(
  "many groups, and many channels, of one process handle what is published: ordering %s",
  async (ordering) => {
    const broker = await openBroker(
      { url: server?.url as string, partitions: 1 },
      { namespace: `channels-${ordering}` },
    );
    const names = Array.from({ length: 24 }, (_, index) => `c${index}`);
    const requests = [
      ...names.map((channel) => ({ channel, group: "g" })),
      ...names.map((name) => ({ channel: "shared", group: name })),
    ];
    const subscriptions = await Promise.all(
      requests.map((request) => broker.subscribe({ ...request, ordering, from: "earliest", prefetch: 10 })),
    );
    const all = [...names, "shared"];
    const sent = new Map(all.map((channel) => [channel, message()]));
    const coming = subscriptions.map((subscription) => iterate(subscription).next());
    await Promise.all(
      all.map((channel) => broker.publish(channel, [sent.get(channel) as ReturnType<typeof message>])),
    );
    const came = await Promise.all(coming);
    expect(came.map(({ value }) => value?.[0]?.message.id)).toEqual(
      requests.map(({ channel }) => sent.get(channel)?.id),
    );
    expect(broker.reports).toEqual([]);
    const before = await connections();
    expect(before).toBeGreaterThan(2);
    // What one has left the next one takes.
    await Promise.all(subscriptions.map((subscription) => subscription.close()));
    const again = { channel: "shared", ordering, from: "latest", prefetch: 1 } as const;
    await Promise.all(names.map((group) => broker.subscribe({ ...again, group })));
    expect(await connections()).toBe(before);
  },
  60_000,
);
