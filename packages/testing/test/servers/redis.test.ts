import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type RedisServer, redisServer } from "../../src/index.js";

describe("redisServer", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await redisServer({ password: 'with "quotes" and spaces' });
  });
  afterAll(() => server.close());

  test("keeps its port and what it confirmed, over restart, stop and kill", async () => {
    const { port, url } = server;
    await server.command("SET", "word", "kept");
    for (const end of ["restart", "stop", "kill"] as const) {
      await server[end]();
      expect(server.running).toBe(end === "restart");
      await server.start();
      expect(server).toMatchObject({ port, url, running: true });
      expect(await server.command("GET", "word")).toBe("kept");
    }
  });

  test("is silent while it is paused, and answers afterwards", async () => {
    await using other = await redisServer({ appendfsync: "no" });
    server.pause();
    let answered = false;
    const asked = server.command("SET", "after", "pause").finally(() => {
      answered = true;
    });
    // The time that another one takes for a hundred answers.
    for (let count = 0; count < 100; count++) await other.command("PING");
    expect(answered).toBe(false);
    server.resume();
    expect(await asked).toBe("OK");
  });

  test("stands behind a fault proxy", async () => {
    await using proxy = await server.proxy();
    const url = new URL(server.url);
    url.port = String(proxy.port);
    const behind = await redisServerAt(url.href);
    expect(await behind.command("PING")).toBe("PONG");
    await proxy.refuse();
    await expect(behind.command("PING")).rejects.toThrow("ECONNREFUSED");
  });

  test("stops even while it is paused", async () => {
    server.pause();
    await server.restart();
    expect(await server.command("PING")).toBe("PONG");
  });

  test("cannot be paused while it is down", async () => {
    await server.kill();
    expect(() => server.pause()).toThrow(expect.objectContaining({ code: "SERVER_NOT_RUNNING" }));
    await server.start();
  });

  test("wants its password, and refuses in Redis's own words", async () => {
    const { hostname, port } = new URL(server.url);
    const open = await redisServerAt(`redis://${hostname}:${port}`);
    await expect(open.command("PING")).rejects.toThrow("NOAUTH");
    await expect(server.command("NO-SUCH-COMMAND")).rejects.toThrow("unknown command");
  });

  test("gives replies of every kind", async () => {
    expect(await server.command("GET", "nothing")).toBeNull();
    await server.command("RPUSH", "list", "één", "2", "");
    expect(await server.command("LRANGE", "list", "0", "-1")).toEqual(["één", "2", ""]);
    expect(await server.command("LLEN", "list")).toBe(3);
    expect(await server.command("XRANGE", "nothing", "-", "+")).toEqual([]);
    const large = "x".repeat(1_000_000);
    await server.command("SET", "large", large);
    expect(await server.command("GET", "large")).toBe(large);
  });

  test("takes lines of redis.conf, and says what Redis said about a wrong one", async () => {
    await using small = await redisServer({ config: ["maxmemory 20mb"] });
    expect(await small.command("CONFIG", "GET", "maxmemory")).toEqual(["maxmemory", "20971520"]);
    await expect(redisServer({ config: ["no-such-setting 1"] })).rejects.toMatchObject({
      code: "SERVER_NOT_STARTED",
      message: expect.stringContaining("no-such-setting"),
    });
  });

  test("close ends it and removes its folder; it does not start again", async () => {
    const closed = await redisServer({ appendfsync: "no" });
    const { folder = "" } = closed;
    expect(existsSync(folder)).toBe(true);
    await closed.close();
    await closed.close();
    expect(existsSync(folder)).toBe(false);
    await expect(closed.command("PING")).rejects.toThrow("ECONNREFUSED");
    await expect(closed.start()).rejects.toMatchObject({ code: "SERVER_CLOSED" });
  });
});

describe("MESHWRIGHT_REDIS_URL", () => {
  test("names a server to use, which cannot be ended from here", async () => {
    await using real = await redisServer({ password: "secret" });
    const named = await redisServerAt(real.url);
    expect(named).toMatchObject({ url: real.url, port: real.port, owned: false, running: true });
    expect(named.folder).toBeUndefined();
    expect(await named.command("PING")).toBe("PONG");
    for (const verb of ["start", "stop", "restart", "kill"] as const)
      await expect(named[verb]()).rejects.toMatchObject({ code: "SERVER_NOT_OWNED" });
    for (const verb of ["pause", "resume"] as const)
      expect(() => named[verb]()).toThrow(expect.objectContaining({ code: "SERVER_NOT_OWNED" }));
    await named.close();
    expect(await real.command("PING")).toBe("PONG");
  });

  test("counts only where nothing special is asked for", async () => {
    setForTest("MESHWRIGHT_REDIS_URL", "redis://127.0.0.1:1");
    await using own = await redisServer({ appendfsync: "no" });
    expect(own.owned).toBe(true);
  });

  test("that leads nowhere is an error without the password", async () => {
    const asked = redisServerAt("redis://:secret@127.0.0.1:1");
    await expect(asked).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
    await expect(asked).rejects.toThrow(/MESHWRIGHT_REDIS_URL/);
    await expect(asked).rejects.not.toThrow(/secret/);
  });
});

test("a missing program is an error that says what to install and to set", async () => {
  await expect(redisServer({ binary: "/nowhere/redis-server" })).rejects.toMatchObject({
    code: "SERVER_MISSING",
    message: expect.stringMatching(/redis-server.*MESHWRIGHT_REDIS_BINARY.*MESHWRIGHT_REDIS_URL/),
  });
  setForTest("MESHWRIGHT_REDIS_BINARY", "/elsewhere/redis-server");
  await expect(redisServer()).rejects.toThrow("/elsewhere/redis-server");
});

test("what cannot be run is an error with its cause", async () => {
  await expect(redisServer({ binary: tmpdir() })).rejects.toMatchObject({
    code: "SERVER_NOT_STARTED",
    cause: { code: "EACCES" },
  });
});

function setForTest(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

function redisServerAt(url: string): Promise<RedisServer> {
  setForTest("MESHWRIGHT_REDIS_URL", url);
  return redisServer();
}
