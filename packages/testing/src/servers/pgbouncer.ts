import { chown, mkdtemp, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answers } from "./attached.js";
import { type Binary, findProgram } from "./binary.js";
import { openGuard } from "./guard.js";
import { ownedServer } from "./owned.js";
import { freePort } from "./ports.js";
import type { Server } from "./server.js";
import { runTool } from "./tool.js";
import { temporaryFolderOf, type User, userInsteadOfRoot } from "./user.js";

export interface PgbouncerServerOptions {
  /** Of a database on the server behind it, with user and password. The server's other databases are reached too. */
  readonly url: string;
  /** Lines of pgbouncer.ini, which win over ours: `["pool_mode = session"]`. It pools between transactions by default. */
  readonly config?: readonly string[];
  /** Path of pgbouncer; default that of MESHWRIGHT_PGBOUNCER_BINARY, else that on PATH. */
  readonly binary?: string;
}

export interface PgbouncerServer extends Server {
  /** "1.18.0" */
  readonly version: string;
  /** It knows prepared statements between transactions, which it does from 1.21 on. */
  readonly prepares: boolean;
  /** The URL of a database through it. @param url - of the database on the server itself */
  through(url: string): string;
}

export const pgbouncer: Binary = {
  name: "PgBouncer",
  file: "pgbouncer",
  folders: ["/usr/sbin"],
  debian: "pgbouncer",
  binaryVariable: "MESHWRIGHT_PGBOUNCER_BINARY",
};

/**
 * A PgBouncer of one's own in front of a PostgreSQL. As root we run it as `postgres`.
 *
 * @throws MeshError `SERVER_MISSING`, `SERVER_NOT_STARTED`
 * @example
 * const server = await postgresServer({ shared: true });
 * await using bouncer = await pgbouncerServer({ url: server.url });
 * const pool = new Pool({ connectionString: bouncer.through(await server.createDatabase()) });
 */
export async function pgbouncerServer({
  url,
  config = [],
  binary,
}: PgbouncerServerOptions): Promise<PgbouncerServer> {
  const command = await findProgram(pgbouncer, binary);
  const user = await userInsteadOfRoot("postgres");
  const folder = await mkdtemp(join(await temporaryFolderOf(user), "meshwright-pgbouncer-"));
  const guard = openGuard(folder);
  const port = await freePort();
  const version = await versionOf(command);
  const prepares = isAtLeast(version, 1, 21);
  const given = [...(prepares ? ["max_prepared_statements = 100"] : []), ...config];
  await writeFiles({ folder, port, user, behind: new URL(url) }, given).catch(async (error: unknown) => {
    await guard.close();
    throw error;
  });
  const through = (database: string): string => {
    const found = new URL(database);
    found.host = `127.0.0.1:${port}`;
    return found.href;
  };
  const server = await ownedServer({
    name: `${pgbouncer.name} on port ${port}`,
    url: through(url),
    port,
    folder,
    command,
    args: [join(folder, "pgbouncer.ini")],
    guard,
    user,
    // SIGTERM waits for clients from 1.23 on.
    stopSignal: "SIGQUIT",
    ready: () => answers("127.0.0.1", port),
    startMs: 20_000,
  });
  return Object.assign(server, { version, prepares, through });
}

interface Files {
  readonly folder: string;
  readonly port: number;
  readonly user: User | undefined;
  /** The server. */
  readonly behind: URL;
}

async function writeFiles({ folder, port, user, behind }: Files, config: readonly string[]): Promise<void> {
  const users = join(folder, "users");
  const lines = [
    "[databases]",
    `* = host=${behind.hostname} port=${behind.port || 5432}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = scram-sha-256",
    `auth_file = ${users}`,
    "pool_mode = transaction",
    // After the server was away; by default it waits for 15 s.
    "server_login_retry = 1",
    ...config,
  ];
  await write(join(folder, "pgbouncer.ini"), `${lines.join("\n")}\n`, user);
  // As it is: PgBouncer has to log in with it.
  const [name, password] = [behind.username, behind.password].map((part) =>
    decodeURIComponent(part).replaceAll('"', '""'),
  );
  await write(users, `"${name}" "${password}"\n`, user);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
}

async function write(path: string, text: string, user: User | undefined): Promise<void> {
  await writeFile(path, text, { mode: 0o600 });
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

async function versionOf(command: string): Promise<string> {
  const said = await runTool({ what: "pgbouncer", command, args: ["--version"] });
  return /\d+(\.\d+)+/.exec(said)?.[0] ?? "0";
}

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [first = 0, second = 0] = version.split(".").map(Number);
  return first > major || (first === major && second >= minor);
}
