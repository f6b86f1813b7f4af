import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { type RabbitmqServer, rabbitmqServer } from "../../src/index.js";

test("keeps its port and its data over kill and restart, and stands still while paused", async () => {
  await using server = await rabbitmqServer({ config: ["consumer_timeout = 120000"] });
  const { port, url } = server;
  expect(await server.ctl("environment")).toContain("{consumer_timeout,120000}");
  await server.ctl("add_vhost", "kept");
  await server.kill();
  expect(server.running).toBe(false);
  await expect(greet(port)).rejects.toThrow("ECONNREFUSED");
  await server.start();
  await server.restart();
  expect(server).toMatchObject({ port, url, running: true });
  expect(await server.ctl("list_vhosts", "--silent")).toContain("kept");

  const other = await rabbitmqServer({ shared: true });
  server.pause();
  let answered = false;
  const greeted = greet(port).finally(() => {
    answered = true;
  });
  // The time that another one takes for fifty answers.
  for (let count = 0; count < 50; count++) await greet(other.port);
  expect(answered).toBe(false);
  server.resume();
  expect(await greeted).toBe("connection.start");
}, 60_000);

test("rabbitmqctl works on a shared server; what it refuses is an error with its words", async () => {
  const server = await rabbitmqServer({ shared: true });
  expect(await server.ctl("list_vhosts", "--silent")).toBe("/\n");
  await expect(server.ctl("delete_vhost", "never made")).rejects.toMatchObject({
    code: "SERVER_CONTROL_FAILED",
    message: expect.stringContaining("never made"),
  });
});

test("a wrong setting is an error with RabbitMQ's words, and leaves nothing running", async () => {
  await expect(rabbitmqServer({ config: ["no_such_setting = 1"] })).rejects.toMatchObject({
    code: "SERVER_NOT_STARTED",
    message: expect.stringContaining("no_such_setting"),
  });
});

test("MESHWRIGHT_RABBITMQ_URL names a server to use, which cannot be ended or controlled from here", async () => {
  const shared = await rabbitmqServer({ shared: true });
  const named = await rabbitmqServerAt(shared.url);
  expect(named).toMatchObject({ url: shared.url, port: shared.port, owned: false });
  await expect(named.kill()).rejects.toMatchObject({ code: "SERVER_NOT_OWNED" });
});

/** What the server says first to a client of AMQP 0-9-1. */
function greet(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("error", reject);
    socket.once("connect", () => socket.write(Buffer.from("AMQP\x00\x00\x09\x01", "latin1")));
    socket.once("data", (bytes) => {
      socket.destroy();
      // A method frame (1) on channel 0, of class connection (10), method start (10).
      const start = bytes[0] === 1 && bytes.readUInt16BE(7) === 10 && bytes.readUInt16BE(9) === 10;
      resolve(start ? "connection.start" : bytes.toString("hex"));
    });
  });
}

function rabbitmqServerAt(url: string): Promise<RabbitmqServer> {
  process.env["MESHWRIGHT_RABBITMQ_URL"] = url;
  onTestFinished(() => {
    delete process.env["MESHWRIGHT_RABBITMQ_URL"];
  });
  return rabbitmqServer();
}
