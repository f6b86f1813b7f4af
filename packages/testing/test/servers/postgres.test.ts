import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type PostgresServer, postgresServer } from "../../src/index.js";
import { openSession } from "./session.js";

describe("postgresServer", () => {
  let server: PostgresServer;
  let other: PostgresServer;
  beforeAll(async () => {
    server = await postgresServer({ config: ["work_mem = '5MB'"] });
    other = await postgresServer({ shared: true });
  });
  afterAll(() => server.close());

  test("answers, durable and in UTF-8, with the settings asked for", async () => {
    expect(await server.sql("SELECT 1, 'één'")).toBe("1|één");
    expect(await server.sql("SHOW work_mem")).toBe("5MB");
    expect(await server.sql("SHOW fsync")).toBe("on");
    expect(await server.sql("SHOW server_encoding")).toBe("UTF8");
  });

  test("keeps its port and what was committed, over restart, stop and kill, with sessions open", async () => {
    const { port, url } = server;
    await server.sql("CREATE TABLE words (word text); INSERT INTO words VALUES ('kept')");
    for (const end of ["restart", "stop", "kill"] as const) {
      const session = await openSession(port);
      await server[end]();
      await session.closed();
      expect(server.running).toBe(end === "restart");
      await server.start();
      expect(server).toMatchObject({ port, url, running: true });
      expect(await server.sql("SELECT * FROM words")).toBe("kept");
    }
  });

  test("is silent while it is paused, also to a session that is open, and answers afterwards", async () => {
    const session = await openSession(server.port);
    server.pause();
    let answered = false;
    const note = (): void => {
      answered = true;
    };
    const asked = server.sql("SELECT 'awake'").finally(note);
    const askedInSession = session.ask().finally(note);
    // The time that another one takes for twenty answers.
    for (let count = 0; count < 20; count++) await other.sql("SELECT 1");
    expect(answered).toBe(false);
    server.resume();
    expect(await asked).toBe("awake");
    await askedInSession;
  });

  test("stands behind a fault proxy", async () => {
    await using proxy = await server.proxy();
    const url = new URL(server.url);
    url.port = String(proxy.port);
    const behind = await postgresServerAt(url.href);
    expect(await behind.sql("SELECT 1")).toBe("1");
    await proxy.refuse();
    await expect(behind.sql("SELECT 1")).rejects.toThrow("refused");
  });

  test.each(["restart", "kill"] as const)("ends by %s even while it is paused", async (end) => {
    const session = await openSession(server.port);
    server.pause();
    await server[end]();
    await session.closed();
    await server.start();
    expect(await server.sql("SELECT 1")).toBe("1");
  });

  test("cannot be paused while it is down", async () => {
    await server.kill();
    expect(() => server.pause()).toThrow(expect.objectContaining({ code: "SERVER_NOT_RUNNING" }));
    await server.start();
  });

  test("wants its password, and refuses in PostgreSQL's own words, without it", async () => {
    const { password } = new URL(server.url);
    const open = await postgresServerAt(server.url.replace(password, "wrong"));
    await expect(open.sql("SELECT 1")).rejects.toThrow("password authentication failed");
    const asked = server.sql("SELECT no_such_function()");
    await expect(asked).rejects.toMatchObject({
      code: "SERVER_CONTROL_FAILED",
      message: expect.stringContaining("no_such_function() does not exist"),
    });
    await expect(asked).rejects.toSatisfy((error: Error) => !String(error.cause).includes(password));
  });

  test("says what PostgreSQL said about a wrong setting", async () => {
    await expect(postgresServer({ config: ["no_such_setting = 1"] })).rejects.toMatchObject({
      code: "SERVER_NOT_STARTED",
      message: expect.stringContaining("no_such_setting"),
    });
  });

  test("close ends it with its sessions, even while it is paused, and removes its folder", async () => {
    const closed = await postgresServer({ config: [] });
    const { folder = "" } = closed;
    expect(existsSync(folder)).toBe(true);
    const session = await openSession(closed.port);
    closed.pause();
    await closed.close();
    await closed.close();
    await session.closed();
    expect(existsSync(folder)).toBe(false);
    await expect(closed.sql("SELECT 1")).rejects.toThrow("refused");
    await expect(closed.start()).rejects.toMatchObject({ code: "SERVER_CLOSED" });
  });
});

describe("createDatabase", () => {
  test("gives each caller of a shared server a database of its own, empty", async () => {
    const server = await postgresServer({ shared: true });
    const urls = await Promise.all([1, 2].map(() => server.createDatabase()));
    for (const url of urls) {
      const database = await postgresServerAt(url);
      expect(await database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")).toBe("0");
      expect(await database.sql("CREATE TABLE mine (word text); SELECT current_database()")).toBe(
        new URL(url).pathname.slice(1),
      );
    }
    expect(new Set(urls).size).toBe(2);
  });

  test("a shared server is the same for all that ask, and nobody's to end", async () => {
    const [one, other] = await Promise.all([1, 2].map(() => postgresServer({ shared: true })));
    expect(one?.url).toBe(other?.url);
    await one?.close();
    await expect(one?.kill()).rejects.toMatchObject({ code: "SERVER_NOT_OWNED" });
    expect(await other?.sql("SELECT 1")).toBe("1");
  });
});

describe("MESHWRIGHT_POSTGRES_URL", () => {
  test("names a server to use, which cannot be ended from here", async () => {
    const real = await postgresServer({ shared: true });
    const named = await postgresServerAt(real.url);
    expect(named).toMatchObject({ url: real.url, port: real.port, owned: false, running: true });
    for (const verb of ["start", "stop", "restart", "kill"] as const)
      await expect(named[verb]()).rejects.toMatchObject({ code: "SERVER_NOT_OWNED" });
    await named.close();
    expect(await named.sql("SELECT 1")).toBe("1");
  });

  test("is of use without psql for all but SQL, which says what to install", async () => {
    const real = await postgresServer({ shared: true });
    const named = await postgresServerAt(real.url);
    setForTest("MESHWRIGHT_POSTGRES_BINARY", "/nowhere/postgres");
    setForTest("PATH", "/nowhere");
    await expect(named.createDatabase()).rejects.toMatchObject({
      code: "SERVER_MISSING",
      message: expect.stringContaining("postgresql-client"),
    });
  });
});

test("a missing program is an error that says what to install and to set", async () => {
  await expect(postgresServer({ binary: "/nowhere/postgres" })).rejects.toMatchObject({
    code: "SERVER_MISSING",
    message: expect.stringMatching(/postgresql.*MESHWRIGHT_POSTGRES_BINARY.*MESHWRIGHT_POSTGRES_URL/),
  });
});

test("a program without initdb beside it is an error that names initdb", async () => {
  await expect(postgresServer({ binary: tmpdir() })).rejects.toMatchObject({
    code: "SERVER_NOT_STARTED",
    message: expect.stringContaining("initdb"),
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

function postgresServerAt(url: string): Promise<PostgresServer> {
  setForTest("MESHWRIGHT_POSTGRES_URL", url);
  return postgresServer();
}
