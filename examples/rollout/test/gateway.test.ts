import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { eventually } from "@meshwright/testing";
import { expect, onTestFinished, test } from "vitest";
import type { Backend } from "../src/forward.js";
import { type Answered, type GatewayOptions, type HttpGateway, weightedGateway } from "../src/gateway.js";

async function backend(name: string, listener: RequestListener = (_, response) => response.end(name)) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  return { name, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function open(stable: Backend, options: Partial<GatewayOptions> = {}): Promise<HttpGateway> {
  const gateway = await weightedGateway({ stable, ...options });
  onTestFinished(() => gateway.close());
  return gateway;
}

async function ask(url: string, count: number): Promise<Record<string, number>> {
  const answers: Record<string, number> = {};
  for (let left = count; left > 0; left--) {
    const name = await (await fetch(url)).text();
    answers[name] = (answers[name] ?? 0) + 1;
  }
  return answers;
}

test("of any hundred requests the canary gets its share", async () => {
  const gateway = await open(await backend("stable"));
  gateway.deploy(await backend("canary"));
  expect(await ask(gateway.url, 20)).toEqual({ stable: 20 });
  for (const weight of [10, 50, 73]) {
    gateway.shift(weight);
    expect(await ask(gateway.url, 100)).toEqual({ stable: 100 - weight, canary: weight });
  }
  gateway.shift(100);
  expect(await ask(gateway.url, 20)).toEqual({ canary: 20 });
  gateway.shift(0);
  expect(await ask(gateway.url, 20)).toEqual({ stable: 20 });
});

test("shares are spread evenly, and setting one again changes nothing", async () => {
  const gateway = await open(await backend("stable"));
  gateway.deploy(await backend("canary"));
  for (let ten = 0; ten < 5; ten++) {
    gateway.shift(10);
    expect(await ask(gateway.url, 10)).toEqual({ stable: 9, canary: 1 });
  }
});

test("a request under way is not cut when its backend loses the traffic", async () => {
  const answers: (() => void)[] = [];
  const slow = await backend("canary", (_, response) => {
    response.write("first ");
    answers.push(() => response.end("last"));
  });
  const gateway = await open(await backend("stable"));
  gateway.deploy(slow);
  gateway.shift(100);
  const underWay = await fetch(gateway.url);
  gateway.shift(0);
  gateway.remove();
  expect(await ask(gateway.url, 5)).toEqual({ stable: 5 });
  for (const answer of answers) answer();
  expect(await underWay.text()).toBe("first last");
});

test("method, path, headers and body go there, status, headers and body come back", async () => {
  const echo = await backend("echo", async (request, response) => {
    const { method, url, headers } = request;
    const body = Buffer.concat(await request.toArray()).toString();
    response.writeHead(418, { "x-more": "1" }).end(JSON.stringify({ method, url, host: headers.host, body }));
  });
  const gateway = await open(echo);
  const answer = await fetch(`${gateway.url}/a?b=c`, { method: "PUT", body: "x".repeat(100_000) });
  const { host } = new URL(gateway.url);
  expect(answer.status).toBe(418);
  expect(Object.fromEntries(answer.headers)).toMatchObject({ "x-more": "1", "x-backend": "echo" });
  expect(await answer.json()).toEqual({ method: "PUT", url: "/a?b=c", host, body: "x".repeat(100_000) });
});

test("a dead backend is a 502, one that is silent a 504, one that breaks off a broken answer", async () => {
  const answered: Answered[] = [];
  const gateway = await open(await backend("stable"), {
    timeoutMs: 50,
    onAnswer: (each) => void answered.push(each),
  });
  const ends = async (broken: Backend): Promise<Response> => {
    gateway.remove();
    gateway.deploy(broken);
    gateway.shift(100);
    return fetch(gateway.url, { method: "POST", body: "x".repeat(100_000) });
  };
  const dead = await backend("dead");
  await dead.close();
  expect((await ends(dead)).status).toBe(502);
  expect((await ends(await backend("silent", () => undefined))).status).toBe(504);
  const brief = await ends(
    await backend("brief", (_, response) => {
      response.writeHead(200, { "content-length": 10 }).write("five.", () => response.destroy());
    }),
  );
  await expect(brief.text()).rejects.toThrow();
  gateway.remove();
  expect(await ask(gateway.url, 1)).toEqual({ stable: 1 });
  await eventually("all are told of", () => answered.length === 4);
  expect(answered).toEqual([
    { backend: "dead", status: 502 },
    { backend: "silent", status: 504 },
    { backend: "brief", status: 502 },
    { backend: "stable", status: 200 },
  ]);
});

test("a client that goes away takes its request along, and does not count", async () => {
  const answered: Answered[] = [];
  let state = "none";
  const slow = await backend("stable", (_, response) => {
    state = "begun";
    response.once("close", () => {
      state = "given up";
    });
  });
  const gateway = await open(slow, { onAnswer: (each) => void answered.push(each) });
  const client = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nhost: shop\r\n\r\n");
  await eventually("it is there", () => state === "begun");
  client.destroy();
  await eventually("it is given up", () => state === "given up");
  expect(answered).toEqual([]);
});

test("what has all the traffic is stable once there is a new canary", async () => {
  const [v1, v2, v3] = [await backend("v1"), await backend("v2"), await backend("v3")];
  const gateway = await open(v1);
  gateway.deploy(v2);
  gateway.shift(100);
  gateway.deploy(v2);
  expect(gateway.weight).toBe(100);
  gateway.deploy(v3);
  expect([gateway.stable.name, gateway.canary?.name, gateway.weight]).toEqual(["v2", "v3", 0]);
  gateway.shift(50);
  gateway.remove();
  expect(await ask(gateway.url, 10)).toEqual({ v2: 10 });
  expect(() => gateway.shift(10)).toThrow(RangeError);
  expect(() => gateway.shift(101)).toThrow(RangeError);
});
