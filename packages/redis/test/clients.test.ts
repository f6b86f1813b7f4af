import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "node:tls";
import { redisBroker } from "@meshwright/redis";
import { eventually, redisServer } from "@meshwright/testing";
import { Redis } from "ioredis";
import { expect, onTestFinished, test } from "vitest";
import { ackAll, contextOf, message, openBroker, received, subscribe } from "./support.js";

const server = await redisServer({ shared: true });

test("a client that was given is used for its settings, and never closed", async () => {
  const client = new Redis(server.url, { connectionName: "mine" });
  onTestFinished(() => client.disconnect());
  const broker = redisBroker({ client });
  await broker.open(contextOf({ namespace: "injected" }));
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "one" })]);
  await eventually("it arrives", () => received(got, "one"));
  await broker.close();
  expect(client.status).toBe("ready");
  expect(await client.ping()).toBe("PONG");
});

test("no connection is left behind", async () => {
  const service = "leaves-nothing";
  const mine = async (): Promise<string[]> => {
    const list = String(await server.command("CLIENT", "LIST"));
    return list.split("\n").filter((line) => line.includes(`name=meshwright:${service}`));
  };
  const broker = await openBroker({ url: server.url }, { namespace: "left", service });
  ackAll(await subscribe(broker));
  await eventually("it reads", async () => (await mine()).length === 3);
  await broker.close();
  await eventually("all are closed", async () => (await mine()).length === 0);
});

test("an unreachable server is an error of open, and leaves nothing that tries on", async () => {
  const broker = redisBroker({ url: "redis://127.0.0.1:1", timeout: 200 });
  await expect(broker.open(contextOf())).rejects.toMatchObject({
    code: "REDIS_DISCONNECTED",
    retryable: true,
  });
  await broker.close();
});

test("minReplicas: publish resolves once replicas have it, and rejects when there are too few", async () => {
  await using primary = await redisServer({ config: ["repl-diskless-sync-delay 0"] });
  const replica = await redisServer({
    appendfsync: "no",
    config: [`replicaof 127.0.0.1 ${primary.port}`],
  });
  onTestFinished(() => replica.close());
  const broker = await openBroker({ url: primary.url, minReplicas: 1, timeout: 4_000 });
  // The primary calls it online before it answers.
  await eventually("the replica confirms a write", async () => {
    await primary.command("SET", "written", "1");
    return (await primary.command("WAIT", "1", "100")) === 1;
  });
  await broker.publish("orders", [message()]);
  await replica.kill();
  await expect(broker.publish("orders", [message()])).rejects.toMatchObject({
    code: "REDIS_TOO_FEW_REPLICAS",
  });
});

test("TLS and a password by way of ioredis's options; an unknown certificate is refused", async () => {
  await using own = await redisServer({ password: "secret", appendfsync: "no" });
  await using door = await tlsDoor(own.port);
  const url = `rediss://:secret@127.0.0.1:${door.port}`;
  const broker = await openBroker({ url, connection: { tls: { ca: door.certificate } } });
  const got = ackAll(await subscribe(broker));
  await broker.publish("orders", [message({ id: "sealed" })]);
  await eventually("it arrives", () => got.some((delivery) => delivery.message.id === "sealed"));
  const unknown = redisBroker({ url, timeout: 500 });
  await expect(unknown.open(contextOf())).rejects.toMatchObject({ code: "REDIS_DISCONNECTED" });
  await broker.close();
});

/** Takes TLS connections to a port of this machine, with a certificate of its own. */
async function tlsDoor(target: number) {
  const folder = mkdtempSync(join(tmpdir(), "meshwright-tls-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  const named = ["-out", cert, "-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"];
  execFileSync("openssl", ["req", "-x509", ...made, ...named], { stdio: "ignore" });
  const certificate = readFileSync(cert);
  const door = createServer({ key: readFileSync(key), cert: certificate }, (socket) => {
    const inner = connect(target, "127.0.0.1");
    for (const end of [socket, inner]) end.on("error", () => undefined);
    socket.pipe(inner).pipe(socket);
  });
  rmSync(folder, { recursive: true });
  door.listen(0, "127.0.0.1");
  await once(door, "listening");
  const { port } = door.address() as AddressInfo;
  return { port, certificate, [Symbol.asyncDispose]: async () => void door.close() };
}
