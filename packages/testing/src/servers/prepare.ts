import { findProgram } from "./binary.js";
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
  for (const program of [redis, rabbitmq, postgres]) {
    if (process.env[program.urlVariable] !== undefined) continue;
    await findProgram(program).catch((error: Error) => missing.push(error.message));
  }
  return missing;
}
