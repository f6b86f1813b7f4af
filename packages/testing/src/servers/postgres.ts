import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { appendFile, chown, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { attachedServer } from "./attached.js";
import { findProgram, type Program } from "./binary.js";
import { findServer } from "./found.js";
import { openGuard } from "./guard.js";
import { ownedServer } from "./owned.js";
import { freePort } from "./ports.js";
import { psqlAt } from "./psql.js";
import type { Server } from "./server.js";
import { runTool } from "./tool.js";
import { temporaryFolderOf, type User, userInsteadOfRoot } from "./user.js";

export interface PostgresServerOptions {
  /** Lines of postgresql.conf, which win over ours: `["wal_level = logical"]`. What is committed is on disk by default. */
  readonly config?: readonly string[];
  /** Use the one that all tests of the run share, see `shareServers`; default false. Alone, without other options. */
  readonly shared?: boolean;
  /** Path of postgres, with initdb, pg_isready and psql beside it; default that of MESHWRIGHT_POSTGRES_BINARY, else the newest. */
  readonly binary?: string;
}

export interface PostgresServer extends Server {
  /**
   * Makes a database for a test alone, empty and of the server's default locale. It stays for as long as the server does.
   *
   * @returns its URL, of the same user
   * @throws MeshError `SERVER_CONTROL_FAILED`, `SERVER_MISSING`, as `sql`
   * @example const broker = postgresBroker({ url: await server.createDatabase() });
   */
  createDatabase(): Promise<string>;
  /**
   * Runs SQL by psql, on a connection of its own to the database that `url` names.
   *
   * @returns the rows, one a line, with `|` between columns
   * @throws MeshError `SERVER_CONTROL_FAILED` with PostgreSQL's own words; `SERVER_MISSING` without psql
   * @example await server.sql("SELECT count(*) FROM pg_stat_activity");
   */
  sql(text: string): Promise<string>;
}

export const postgres: Program = {
  id: "postgres",
  name: "PostgreSQL",
  file: "postgres",
  // Before PATH, where wrappers may lie. Read anew each time: apt may have been there.
  get folders() {
    return debianFolders();
  },
  debian: "postgresql",
  binaryVariable: "MESHWRIGHT_POSTGRES_BINARY",
  urlVariable: "MESHWRIGHT_POSTGRES_URL",
  defaultPort: 5432,
};

/**
 * A PostgreSQL to test with: the one MESHWRIGHT_POSTGRES_URL names, else one of its own, which takes a second or two to
 * start. Any option but `shared` asks for one of its own. Its user is a superuser; as root we run it as `postgres`.
 *
 * @throws MeshError `SERVER_MISSING`, `SERVER_NOT_STARTED`, `SERVER_UNREACHABLE`
 * @throws ConfigurationError `SERVER_OPTIONS_INVALID`
 * @example
 * await using server = await postgresServer({ shared: true });
 * const pool = new Pool({ connectionString: await server.createDatabase() });
 */
export async function postgresServer(options: PostgresServerOptions = {}): Promise<PostgresServer> {
  const found = await findServer(postgres, options);
  if (found === undefined) return startPostgres(options);
  return Object.assign(await attachedServer(found), psqlAt(found.url, postgres));
}

async function startPostgres({ binary, config = [] }: PostgresServerOptions): Promise<PostgresServer> {
  // Its tools lie beside the program itself, not beside a link to it.
  const command = await realpath(await findProgram(postgres, binary));
  const user = await userInsteadOfRoot("postgres");
  const folder = await mkdtemp(join(await temporaryFolderOf(user), "meshwright-postgres-"));
  const guard = openGuard(folder, dropSharedMemory);
  const cluster = { command, folder, user, data: join(folder, "data"), port: await freePort() };
  const password = randomBytes(12).toString("hex");
  try {
    await initialize(cluster, password);
    await configure(cluster, config);
  } catch (error) {
    await guard.close();
    throw error;
  }
  const url = `postgres://test:${password}@127.0.0.1:${cluster.port}/postgres`;
  const server = await ownedServer({
    name: `${postgres.name} on port ${cluster.port}`,
    url,
    port: cluster.port,
    folder,
    command,
    args: ["-D", cluster.data],
    env: environment,
    guard,
    user,
    hasChildren: true,
    // SIGTERM would wait until the last client has left.
    stopSignal: "SIGINT",
    ready: () => takesConnections(cluster),
    startMs: 60_000,
  });
  return Object.assign(server, psqlAt(url, postgres, toolOf(cluster, "psql")));
}

/** A data folder and who serves it. */
interface Cluster {
  /** Path of postgres. */
  readonly command: string;
  readonly folder: string;
  readonly data: string;
  readonly port: number;
  readonly user: User | undefined;
}

/** Messages in English, text in the order of its bytes, whatever the machine's language is. */
const environment = { LC_ALL: "C" };

// A server that was killed leaves a segment of shared memory behind; the last number of this line is its id.
const dropSharedMemory = `
segment=$(sed -n '7s/.* //p' "$1/data/postmaster.pid" 2>/dev/null)
[ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null
`;

async function initialize(cluster: Cluster, password: string): Promise<void> {
  const { folder, data, user } = cluster;
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, password);
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  const login = ["--username=test", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
  const args = ["-D", data, "--encoding=UTF8", "--no-locale", "--no-sync", ...login];
  const command = toolOf(cluster, "initdb");
  await runTool({ what: "initdb", command, args, env: environment, user }).catch((cause: Error) => {
    throw new MeshError("SERVER_NOT_STARTED", `${postgres.name}: ${cause.message}`, { cause });
  });
}

async function configure({ data, port }: Cluster, config: readonly string[]): Promise<void> {
  const lines = [
    "listen_addresses = '127.0.0.1'",
    `port = ${port}`,
    "unix_socket_directories = ''",
    "max_connections = 200",
    // In the data folder, so that it goes with it also after a kill.
    "dynamic_shared_memory_type = mmap",
    ...config,
  ];
  await appendFile(join(data, "postgresql.conf"), `\n${lines.join("\n")}\n`);
}

/** False also while it recovers from a kill. */
async function takesConnections(cluster: Cluster): Promise<boolean> {
  const args = ["-q", "-h", "127.0.0.1", "-p", String(cluster.port), "-t", "2"];
  return runTool({ what: "pg_isready", command: toolOf(cluster, "pg_isready"), args }).then(
    () => true,
    () => false,
  );
}

function toolOf({ command }: Cluster, name: string): string {
  return join(dirname(command), name);
}

/** Where Debian's packages have the programs, by version, the newest first. */
function debianFolders(): readonly string[] {
  const root = "/usr/lib/postgresql";
  try {
    const versions = readdirSync(root).sort((one, other) => Number(other) - Number(one));
    return versions.map((version) => join(root, version, "bin"));
  } catch {
    return [];
  }
}
