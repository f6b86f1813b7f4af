/** The rights of docs/rabbitmq.md are enough, for all that there is; without one of them the start says which. */
import { readFileSync } from "node:fs";
import { BrokerError, type Delivery, type SubscriptionRequest } from "@meshwright/core/adapter";
import { type RabbitBroker, rabbitBroker } from "@meshwright/rabbitmq";
import { eventually, rabbitmqServer } from "@meshwright/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ackAll,
  contextOf,
  ids,
  iterate,
  message,
  openBroker,
  subscribe,
  take,
  warningsOf,
} from "./support.js";

const server = await rabbitmqServer({ shared: true });
const { url } = server;
afterAll(() => server.close());

type Rights = readonly [configure: string, write: string, read: string];
type Mode = "declare" | "check";

const failure = { reason: "failed", code: "TEST", message: "it failed" } as const;
const orderings = ["key", "none"] as const;

/** What the guide tells to give a user, by its name there. */
function rightsOf(user: string): Rights {
  const guide = readFileSync(new URL("../../../docs/rabbitmq.md", import.meta.url), "utf8");
  const line = guide.split("\n").find((one) => one.includes(`set_permissions ${user} `)) ?? "";
  const [configure, write, read] = [...line.matchAll(/'([^']*)'/g)].map(([, given]) => given ?? "");
  if (configure === undefined || write === undefined || read === undefined)
    throw new Error(`docs/rabbitmq.md has no rights for ${user}`);
  return [configure, write, read];
}

/** The URL of a user who has these rights and no others. */
async function userWith(name: string, rights: Rights): Promise<string> {
  await server.ctl("add_user", name, "secret");
  await server.ctl("set_permissions", name, ...rights);
  const mine = new URL(url);
  mine.username = name;
  mine.password = "secret";
  return mine.href;
}

const namespaceOf = (mode: Mode, ordering: string): string => `rights-${mode}-${ordering}`;

/** Somebody with all rights makes the topology, as one that starts in the past: that has the most queues. */
async function make(namespace: string, ordering: SubscriptionRequest["ordering"]): Promise<void> {
  const admin = rabbitBroker({ url, partitions: 3 });
  await admin.open(contextOf({ namespace }));
  await admin.publish("orders", [message({ id: "history" })]);
  await subscribe(admin, { ordering, from: "earliest" });
  await admin.close();
}

const settled = (deliveries: readonly Delivery[]) =>
  deliveries.map((delivery) => ({ delivery, outcome: "ack" as const }));

/** Whatever one can do: history, publish, delayed publish, retries, dead letters, redrive, purge, replay. */
async function doEverything(broker: RabbitBroker, ordering: SubscriptionRequest["ordering"]): Promise<void> {
  const subscription = await subscribe(broker, { ordering, from: "earliest" });
  const batches = iterate(subscription);
  const past = await take(batches, 1);
  expect(ids(past)).toEqual(["history"]);
  await subscription.settle(settled(past));
  const sent = [message(), message({ deliverAt: Date.now() + 20, key: "later" })];
  await broker.publish("orders", sent);
  const both = await take(batches, 2);
  expect(ids(both).sort()).toEqual(sent.map(({ id }) => id).sort());
  const [one, other] = both as [Delivery, Delivery];
  await subscription.settle([
    { delivery: one, outcome: "retry", delayMs: 20, failure },
    { delivery: other, outcome: "deadLetter", failure },
  ]);
  const again = await take(batches, 1);
  expect(again.map(({ attempt }) => attempt)).toEqual([2]);
  await subscription.settle(settled(again));
  expect(await broker.redrive({ group: "billing", ids: await shelved(broker) })).toBe(1);
  const [back] = await take(batches, 1);
  await subscription.settle([{ delivery: back as Delivery, outcome: "deadLetter", failure }]);
  expect(await broker.purge({ group: "billing", ids: await shelved(broker) })).toBe(1);
  const seen: string[] = [];
  for await (const entries of broker.history({ channel: "orders", from: "earliest" }))
    seen.push(...entries.map((entry) => entry.message.id));
  expect(seen.sort()).toEqual(["history", ...sent.map(({ id }) => id)].sort());
  await subscription.close();
}

async function shelved(broker: RabbitBroker): Promise<string[]> {
  const found: string[] = [];
  for await (const records of broker.deadLetters({ group: "billing" }))
    found.push(...records.map(({ id }) => id));
  return found;
}

test.each(orderings)(
  "who makes what is missing needs no more than the guide says: ordering %s",
  async (ordering) => {
    const namespace = namespaceOf("declare", ordering);
    const mine = await userWith(`maker-${ordering}`, rightsOf("maker"));
    const broker = await openBroker({ url: mine }, { namespace });
    await broker.publish("orders", [message({ id: "history" })]);
    await doEverything(broker, ordering);
  },
);

test.each(orderings)("who only checks what is there needs less: ordering %s", async (ordering) => {
  const namespace = namespaceOf("check", ordering);
  await make(namespace, ordering);
  const mine = await userWith(`worker-${ordering}`, rightsOf("worker"));
  await doEverything(await openBroker({ url: mine, topology: "check" }, { namespace }), ordering);
  const history = new RegExp(`^mw\\.${namespace}.*:first`, "m");
  await eventually("the history's queues have gone", async () => {
    return !history.test(await server.ctl("list_queues", "name", "--silent"));
  });
});

test("who only publishes needs to write", async () => {
  const namespace = "rights-publish";
  await make(namespace, "key");
  const mine = await userWith("publisher", rightsOf("publisher"));
  const broker = await openBroker({ url: mine, topology: "check" }, { namespace });
  await broker.publish("orders", [message({ id: "sent" })]);
  const reader = await openBroker({ url }, { namespace });
  expect(ids(await take(iterate(await subscribe(reader)), 2))).toEqual(["history", "sent"]);
});

test("who lists dead letters writes nothing, however often", async () => {
  const namespace = "rights-list";
  const broker = await openBroker({ url }, { namespace });
  const subscription = await subscribe(broker);
  await broker.publish("orders", [message()]);
  const [dead] = await take(iterate(subscription), 1);
  await subscription.settle([{ delivery: dead as Delivery, outcome: "deadLetter", failure }]);
  const mine = await userWith("keeper", rightsOf("keeper"));
  const keeper = await openBroker({ url: mine, topology: "check" }, { namespace });
  const [first] = await shelved(keeper);
  for (let look = 0; look < 10; look++) expect(await shelved(keeper)).toEqual([first]);
  expect(await keeper.purge({ group: "billing", ids: [first as string] })).toBe(1);
  expect(await shelved(keeper)).toEqual([]);
  expect(await shelved(broker)).toEqual([]);
});

const noBut = (name: string): string => `^(?!.*${name}).*$`;
const all = ".*";

/** What somebody lacks, and what is said of it. */
const lacks: readonly {
  readonly what: string;
  readonly ordering: SubscriptionRequest["ordering"];
  readonly mode: Mode;
  readonly rights: Rights;
  readonly said: RegExp;
}[] = [
  {
    what: "to make anything",
    ordering: "key",
    mode: "declare",
    rights: ["^$", all, all],
    said: /exchange "mw:format".* right to configure/,
  },
  {
    what: "to forward to an exchange of its own",
    ordering: "key",
    mode: "declare",
    rights: [all, "^amq.default$", all],
    said: /orders:partitions=3' in .* right to configure, read or write/,
  },
  {
    what: "to bind",
    ordering: "key",
    mode: "declare",
    rights: [all, all, noBut("orders:[0-9]")],
    said: /exchange 'mw.rights-lacks-new-key.orders:0'.* right to read or write/,
  },
  {
    what: "to publish to queues",
    ordering: "none",
    mode: "declare",
    rights: [all, noBut("amq.default"), all],
    said: /'amq.default'.* right to write/,
  },
  {
    what: "to publish to queues that are there",
    ordering: "key",
    mode: "check",
    rights: [all, noBut("amq.default"), all],
    said: /'amq.default'.* right to write/,
  },
  {
    what: "to make a member's queue",
    ordering: "key",
    mode: "check",
    rights: [noBut(":member"), all, all],
    said: /:member\..* right to configure/,
  },
  {
    what: "to read its delays",
    ordering: "none",
    mode: "check",
    rights: [all, all, noBut(":delay")],
    said: /:delay\.short.* right to read/,
  },
  {
    what: "to read its partitions",
    ordering: "key",
    mode: "check",
    rights: [all, all, noBut(":main")],
    said: /:main\.0.* right to read/,
  },
  {
    what: "to read its journals",
    ordering: "key",
    mode: "check",
    rights: [all, all, noBut(":held")],
    said: /:held\.0.* right to read/,
  },
  {
    what: "to read its queue",
    ordering: "none",
    mode: "check",
    rights: [all, all, noBut(":queue")],
    said: /:queue.* right to read/,
  },
  {
    what: "to read what is for later",
    ordering: "none",
    mode: "check",
    rights: [all, all, noBut(":later")],
    said: /:later.* right to read/,
  },
];

describe("a right that is missing is said at the start, and for what", () => {
  const user = "lacking";
  let mine = "";
  beforeAll(async () => {
    for (const ordering of orderings) await make(`rights-lacks-${ordering}`, ordering);
    mine = await userWith(user, ["^$", "^$", "^$"]);
  });

  test.each(lacks)("$what: topology $mode, ordering $ordering", async ({ ordering, mode, rights, said }) => {
    await server.ctl("set_permissions", user, ...rights);
    const namespace = `rights-lacks-${mode === "check" ? ordering : `new-${ordering}`}`;
    const start = async (): Promise<void> => {
      const broker = await openBroker({ url: mine, topology: mode }, { namespace });
      await subscribe(broker, { ordering });
    };
    const error: unknown = await start().catch((one: unknown) => one);
    expect(error).toBeInstanceOf(BrokerError);
    expect(error).toMatchObject({ code: "RABBITMQ_NO_PERMISSION", retryable: false });
    expect((error as BrokerError).message).toMatch(said);
  });
});

test("a right that is taken away while a member is at work is told in the log, and it goes on when it is back", async () => {
  const namespace = "rights-taken";
  const logger = warningsOf();
  const mine = await userWith("taken", [all, all, all]);
  const broker = await openBroker({ url: mine }, { namespace, logger });
  const got = ackAll(await subscribe(broker, { ordering: "none" }));
  const [first, second] = [message(), message()];
  await broker.publish("orders", [first]);
  await eventually("it reads", () => ids(got).includes(first.id));
  await server.ctl("set_permissions", "taken", all, all, "^$");
  await server.ctl("delete_queue", "mw.rights-taken.orders.billing:queue");
  await eventually("it is told", () => logger.codes.includes("RABBITMQ_NO_PERMISSION"));
  await server.ctl("set_permissions", "taken", all, all, all);
  await eventually("the gap is reported", () => broker.reports.some(({ kind }) => kind === "gap"));
  await broker.publish("orders", [second]);
  await eventually("it reads again", () => ids(got).includes(second.id));
});
