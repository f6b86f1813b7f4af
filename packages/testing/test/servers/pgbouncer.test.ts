import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, type TestContext, test } from "vitest";
import {
  type PgbouncerServer,
  type PostgresServer,
  pgbouncerServer,
  postgresServer,
} from "../../src/index.js";

let server: PostgresServer;
let bouncer: PgbouncerServer | undefined;
let missing = "";
beforeAll(async () => {
  server = await postgresServer({ shared: true });
  bouncer = await pgbouncerServer({ url: server.url, config: ["default_pool_size = 1"] }).catch(
    (error: Error & { code: string }) => {
      if (error.code !== "SERVER_MISSING") throw error;
      missing = error.message;
      return undefined;
    },
  );
});
afterAll(() => bouncer?.close());

/** The bouncer; skips the test where it cannot be had. */
function requireBouncer({ skip }: TestContext): PgbouncerServer {
  return bouncer ?? skip(missing);
}

/** Runs SQL by psql, on a database that a URL names. */
async function sqlAt(url: string, text: string): Promise<string> {
  const before = process.env.MESHWRIGHT_POSTGRES_URL;
  process.env.MESHWRIGHT_POSTGRES_URL = url;
  const named = postgresServer();
  if (before === undefined) delete process.env.MESHWRIGHT_POSTGRES_URL;
  else process.env.MESHWRIGHT_POSTGRES_URL = before;
  return (await named).sql(text);
}

test("leads to every database of the server, and gives its sessions to one after another", async (context) => {
  const { through, version } = requireBouncer(context);
  expect(version).toMatch(/^1\.\d+/);
  const urls = [await server.createDatabase(), await server.createDatabase()];
  for (const url of urls) {
    const answer = await sqlAt(through(url), "SELECT current_database()");
    expect(answer).toBe(new URL(url).pathname.slice(1));
    const pids = [1, 2].map(() => sqlAt(through(url), "SELECT pg_backend_pid()"));
    expect(new Set(await Promise.all(pids)).size).toBe(1);
  }
});

test("wants the server's password", async (context) => {
  const { through } = requireBouncer(context);
  const wrong = new URL(through(server.url));
  wrong.password = "wrong";
  await expect(sqlAt(wrong.href, "SELECT 1")).rejects.toThrow("authentication failed");
});

test("can be restarted, and is gone when it is closed", async (context) => {
  requireBouncer(context);
  const own = await pgbouncerServer({ url: server.url });
  const { folder = "", url } = own;
  await own.restart();
  expect(await sqlAt(url, "SELECT 1")).toBe("1");
  await own.close();
  expect(existsSync(folder)).toBe(false);
  await expect(sqlAt(url, "SELECT 1")).rejects.toThrow("Nothing listens");
});

test("says what PgBouncer said about a wrong setting", async (context) => {
  requireBouncer(context);
  const config = ["no_such_setting = 1"];
  await expect(pgbouncerServer({ url: server.url, config })).rejects.toMatchObject({
    code: "SERVER_NOT_STARTED",
    message: expect.stringContaining("no_such_setting"),
  });
});

test("where it is missing, the error says what to install and to set", async () => {
  const none = pgbouncerServer({ url: server.url, binary: "/nowhere/pgbouncer" });
  await expect(none).rejects.toMatchObject({
    code: "SERVER_MISSING",
    message: expect.stringMatching(/pgbouncer.*MESHWRIGHT_PGBOUNCER_BINARY to its path\.$/),
  });
});
