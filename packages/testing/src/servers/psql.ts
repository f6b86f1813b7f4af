import { randomBytes } from "node:crypto";
import { realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { MeshError } from "@meshwright/core/adapter";
import { type Program, searchProgram } from "./binary.js";
import { runTool } from "./tool.js";

/**
 * PostgreSQL's own client, which saves us a driver: that beside the server's program, else that on PATH. A stated
 * program counts alone.
 *
 * @throws MeshError `SERVER_MISSING`
 */
async function findPsql({ folders, binaryVariable }: Program): Promise<string> {
  const stated = process.env[binaryVariable];
  const beside = stated === undefined ? folders : [dirname(await realpath(stated).catch(() => stated))];
  const found = await searchProgram({ file: "psql", folders: beside });
  if (found !== undefined) return found;
  throw new MeshError(
    "SERVER_MISSING",
    "psql is not there, which runs SQL on a server that others started. Install the package postgresql-client.",
  );
}

/** Runs SQL where a URL points. */
export interface Psql {
  /** See `PostgresServer.sql`. */
  sql(text: string): Promise<string>;
  /** See `PostgresServer.createDatabase`. */
  createDatabase(): Promise<string>;
}

/**
 * @param url - of the server, with user, password and database
 * @param program - of the server
 * @param path - of psql, where the caller knows it
 */
export function psqlAt(url: string, program: Program, path?: string): Psql {
  const sql = async (text: string): Promise<string> => {
    const command = path ?? (await findPsql(program));
    const bare = new URL(url);
    // In the environment: all users of the machine see arguments.
    const env = bare.password === "" ? {} : { PGPASSWORD: decodeURIComponent(bare.password) };
    bare.password = "";
    const args = ["-X", "-q", "-A", "-t", "-w", "-v", "ON_ERROR_STOP=1", "-d", bare.href, "-c", text];
    return (await runTool({ what: "psql", command, args, env })).trimEnd();
  };
  return {
    sql,
    async createDatabase() {
      const name = `test_${randomBytes(8).toString("hex")}`;
      // Of template1, unlike template0, somebody may have made his own.
      await sql(`CREATE DATABASE ${name} TEMPLATE template0`);
      const made = new URL(url);
      made.pathname = `/${name}`;
      return made.href;
    },
  };
}
