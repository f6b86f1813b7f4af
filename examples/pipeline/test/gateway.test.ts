import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { signGitHub } from "@meshwright/cdevents";
import { createMesh } from "@meshwright/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pipelineCatalog } from "../src/catalog.js";
import { badRequests } from "../src/demo/bad-requests.js";
import { type Payload, realPayloads } from "../src/demo/payloads.js";
import { Services } from "../src/demo/services.js";
import { post, type Reply, type Request } from "../src/demo/wire.js";
import { pipelineBroker } from "../src/service/broker.js";

/** The real gateway, as a process of its own on a file of its own. */
const secret = "a secret of this test";
const real = realPayloads();
let folder: string;
let services: Services;

const url = (): string => String(services.running("gateway")?.details["url"]);

beforeAll(async () => {
  // Started as the demo starts it: from the sources.
  process.execArgv = ["--conditions=@meshwright/source", "--import", "tsx"];
  folder = await mkdtemp(join(tmpdir(), "meshwright-gateway-"));
  process.env["DATA_FOLDER"] = folder;
  services = new Services(folder, secret);
  await services.start("gateway");
}, 60_000);

afterAll(async () => {
  await services.stopAll();
  await rm(folder, { recursive: true, force: true });
});

function signed(event: string, delivery: string, payload: unknown): Request {
  const body = Buffer.from(JSON.stringify(payload));
  const signature = signGitHub({ secret, body });
  return {
    body,
    headers: { "x-github-event": event, "x-github-delivery": delivery, "x-hub-signature-256": signature },
  };
}

const send = (event: string, delivery: string, payload: unknown): Promise<Reply> =>
  post(url(), signed(event, delivery, payload));

function example(event: string, action?: string): Payload {
  const found = real.get(event)?.find((payload) => action === undefined || payload["action"] === action);
  if (found === undefined) throw new Error(`no example of ${event} ${action}`);
  return found;
}

/** Everything that was published so far, in order. */
async function published(): Promise<string[]> {
  await using mesh = createMesh({
    service: "test",
    catalog: pipelineCatalog,
    broker: pipelineBroker(),
    namespace: "pipeline",
  });
  await mesh.start();
  const ids: string[] = [];
  await mesh.replay({ channel: "events", from: "earliest" }, (event) =>
    ids.push(`${event.source} ${event.id}`),
  );
  return ids;
}

describe("a delivery in order", () => {
  it("is answered once its events are stored", async () => {
    const before = await published();
    expect(await send("issues", "in-order", example("issues", "opened"))).toMatchObject({
      status: 202,
      outcome: "published",
      events: 1,
    });
    expect(await published()).toHaveLength(before.length + 1);
  });

  it("is published once, however often and however close together it comes", async () => {
    const before = await published();
    const payload = example("release", "published");
    const replies = await Promise.all(
      Array.from({ length: 5 }, () => send("release", "many-times", payload)),
    );
    expect(replies.map(({ outcome }) => outcome).sort()).toEqual([
      ...Array(4).fill("duplicate"),
      "published",
    ]);
    expect(await send("release", "many-times", payload)).toMatchObject({ status: 202, outcome: "duplicate" });
    expect(await published()).toHaveLength(before.length + 1);
  });

  it("is known after the gateway was killed and came back", async () => {
    const payload = example("pull_request", "opened");
    await send("pull_request", "before-the-kill", payload);
    const before = await published();
    await services.kill("gateway");
    await services.start("gateway");
    expect(await send("pull_request", "before-the-kill", payload)).toMatchObject({ outcome: "duplicate" });
    expect(await published()).toEqual(before);
  });

  it("has the same ids when it is published again because the gateway forgot", async () => {
    const payload = example("pull_request", "opened");
    await send("pull_request", "forgotten", payload);
    const before = await published();
    await services.stop("gateway");
    await rm(join(folder, "deliveries.jsonl"));
    await services.start("gateway");
    expect(await send("pull_request", "forgotten", payload)).toMatchObject({ outcome: "published" });
    expect(await published()).toEqual([...before, before.at(-1)]);
  });
});

describe("what is no event", () => {
  it.each([
    ["ping", {}, "no CDEvent stands for this webhook"],
    ["star", example("star"), "no CDEvent stands for this webhook"],
    ["pull_request", example("pull_request", "labeled"), "the pull request stays the same change"],
  ])("%s is accepted, and ignored with a reason", async (event, payload, reason) => {
    const reply = await send(event, `ignored-${event}`, payload);
    expect(reply).toMatchObject({ status: 202, outcome: "ignored", reason });
  });
});

describe("what is refused", () => {
  it.each(badRequests(real, () => "not-real").map((bad) => [bad.what, bad] as const))(
    "%s, and nothing is published",
    async (_what, { status, request: make }) => {
      const before = await published();
      expect((await post(url(), make(secret))).status).toBe(status);
      expect(await published()).toEqual(before);
      expect(await readFile(join(folder, "deliveries.jsonl"), "utf8")).not.toContain("not-real");
    },
  );

  it("names the place in a payload that GitHub does not document", async () => {
    const payload = { ...example("pull_request", "opened"), repository: { full_name: 7 } };
    expect(await send("pull_request", "misshapen", payload)).toMatchObject({
      status: 422,
      outcome: "refused",
      path: "/repository/full_name",
    });
  });

  it.each(["x-github-event", "x-github-delivery"])("a delivery without %s", async (missing) => {
    const { headers, body } = signed("issues", "headless", example("issues", "opened"));
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== missing));
    const reply = await post(url(), { headers: kept, body });
    expect(reply).toMatchObject({ status: 400, reason: `the header ${missing} is missing` });
  });

  it("a body without end, long before all of it came", async () => {
    // Without a content-length, so that only counting tells.
    const sending = request(url(), { method: "POST" });
    sending.on("error", () => undefined);
    const chunk = Buffer.alloc(65_536);
    let left = 320; // 20 MiB, and then it would wait for ever
    const more = (): void => {
      while (left-- > 0 && sending.write(chunk));
      sending.once("drain", more);
    };
    more();
    const [response] = (await once(sending, "response")) as [IncomingMessage];
    sending.destroy();
    expect(response.statusCode).toBe(413);
  });

  it("another path or method", async () => {
    expect((await fetch(new URL("/elsewhere", url()), { method: "POST" })).status).toBe(404);
    expect((await fetch(url())).status).toBe(405);
  });
});

it("tells whether it is healthy", async () => {
  const response = await fetch(new URL("/health", url()));
  expect([response.status, await response.json()]).toEqual([200, { healthy: true }]);
});
