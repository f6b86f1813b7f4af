import { type Binary, findProgram } from "./binary.js";
import { pgbouncer } from "./pgbouncer.js";
import { postgres } from "./postgres.js";
import { rabbitmq } from "./rabbitmq.js";
import { redis } from "./redis-process.js";

/**
 * Installs the servers that are missing, where that is possible, so that no test has to wait for it. Starts nothing. Those
 * that an environment variable names are left alone.
 *
 * @returns what is still missing, a sentence each
 */
export async function prepareServers(): Promise<readonly string[]> {
  const missing: string[] = [];
  const programs: readonly Binary[] = [redis, rabbitmq, postgres, pgbouncer];
  for (const program of programs) {
    const { urlVariable } = program;
    if (urlVariable !== undefined && process.env[urlVariable] !== undefined) continue;
    await findProgram(program).catch((error: Error) => missing.push(error.message));
  }
  return missing;
}
