import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually, faultProxy } from "../src/index.js";

let server: Server;
let target: { host: string; port: number };

beforeAll(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  target = { host: "127.0.0.1", port: (server.address() as AddressInfo).port };
});

afterAll(() => void server.close());

interface Client {
  readonly socket: Socket;
  readonly state: { text: string; ended: boolean; closed: boolean; error: string };
}

/** A connection that remembers everything that happens to it. */
async function client(port: number): Promise<Client> {
  const socket = connect({ host: "127.0.0.1", port, allowHalfOpen: true });
  const state = { text: "", ended: false, closed: false, error: "" };
  socket.on("data", (chunk) => {
    state.text += chunk;
  });
  socket.on("end", () => {
    state.ended = true;
  });
  socket.on("close", () => {
    state.closed = true;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    state.error = error.code ?? "";
  });
  await eventually("it connects, or fails", () => !socket.connecting);
  return { socket, state };
}

async function echoes({ socket, state }: Client, text: string): Promise<void> {
  const before = state.text;
  socket.write(text);
  await eventually(`the echo of ${text}`, () => state.text === before + text);
}

describe("faultProxy", () => {
  test("passes bytes and ends on, both ways", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "hello");
    await echoes(one, "x".repeat(300_000));
    expect(proxy.connections).toBe(1);
    one.socket.end();
    await eventually("the end comes back", () => one.state.ended && one.state.closed);
    await eventually("the connection is forgotten", () => proxy.connections === 0);
  });

  test("cut resets every connection, new ones too, until heal", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "before");
    proxy.cut();
    await eventually("it is reset", () => one.state.closed && one.state.error === "ECONNRESET");
    const two = await client(proxy.port);
    await eventually("the new one is reset", () => two.state.closed);
    await proxy.heal();
    await echoes(await client(proxy.port), "after");
  });

  test("refuse leaves open connections alone and takes no new ones, until heal", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "before");
    await proxy.refuse();
    const two = await client(proxy.port);
    await eventually("it is refused", () => two.state.error === "ECONNREFUSED");
    await echoes(one, "still here");
    await proxy.heal();
    await echoes(await client(proxy.port), "after");
    await echoes(one, "and here");
  });

  test("a black hole swallows bytes and ends, and gives them back on heal", async () => {
    await using proxy = await faultProxy({ target });
    const [one, witness] = [await client(proxy.port), await client(target.port)];
    await echoes(one, "before");
    proxy.blackHole();
    one.socket.write(" held");
    const late = await client(proxy.port);
    late.socket.write("into the void");
    // The server answers others meanwhile; what is quicker than that many round trips would have come.
    for (let round = 0; round < 20; round++) await echoes(witness, "tick");
    expect([one.state.text, late.state.text, late.state.closed]).toEqual(["before", "", false]);
    await proxy.heal();
    await eventually("what was held arrives", () => one.state.text === "before held");
    await eventually("the late one works", () => late.state.text === "into the void");
  });

  test("a stranded connection stays silent after heal; new ones work", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "before");
    proxy.strand();
    one.socket.write("lost");
    await proxy.heal();
    await echoes(await client(proxy.port), "new");
    expect([one.state.text, one.state.closed]).toEqual(["before", false]);
  });

  test("halfClose ends the direction to the client only", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "before");
    proxy.halfClose();
    await eventually("the client sees the end", () => one.state.ended);
    expect(one.state.closed).toBe(false);
    expect(one.socket.writable).toBe(true);
  });

  test("delay holds every chunk back, in order; 0 ends it", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    proxy.delay(60);
    const start = performance.now();
    await echoes(one, "there and back");
    expect(performance.now() - start).toBeGreaterThanOrEqual(115);
    for (const letter of "abcdef") one.socket.write(letter);
    await echoes(await client(target.port), "meanwhile the proxy has read them");
    proxy.delay(0);
    one.socket.write("g");
    await eventually("all in order", () => one.state.text.endsWith("abcdefg"));
  });

  test("what is on its way, late, when the hole opens goes into it", async () => {
    await using proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    proxy.delay(40);
    one.socket.write("late");
    await echoes(await client(target.port), "meanwhile the proxy has read it");
    proxy.blackHole();
    const start = performance.now();
    await eventually("its time is over", () => performance.now() - start > 100);
    expect(one.state.text).toBe("");
    await proxy.heal();
    await eventually("it arrives", () => one.state.text === "late");
  });

  test("a target that is not there closes the client's connection", async () => {
    const gone = createServer();
    gone.listen(0, "127.0.0.1");
    await once(gone, "listening");
    const port = (gone.address() as AddressInfo).port;
    gone.close();
    await once(gone, "close");
    await using proxy = await faultProxy({ target: { host: "127.0.0.1", port } });
    const one = await client(proxy.port);
    await eventually("it is closed", () => one.state.closed);
  });

  test("disposing of it frees the port and resets what is open", async () => {
    const proxy = await faultProxy({ target });
    const one = await client(proxy.port);
    await echoes(one, "before");
    await proxy[Symbol.asyncDispose]();
    await eventually("it is reset", () => one.state.closed);
    await using again = await faultProxy({ target, port: proxy.port });
    await echoes(await client(again.port), "again");
  });
});
