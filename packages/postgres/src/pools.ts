import pg, { type Pool, type PoolConfig } from "pg";
import type { PoolSource } from "./options.js";

/** The pool that the store works with, and what is to be done with it at the end. */
export interface PoolInUse {
  readonly pool: Pool;
  close(): Promise<void>;
}

/** So that a server that does not answer is noticed, and named. */
const defaults: PoolConfig = {
  connectionTimeoutMillis: 10_000,
  keepAlive: true,
  fallback_application_name: "meshwright",
};

/** Makes a pool, or uses the one that was given. An idle connection that is lost ends no process: the pool makes another. */
export function poolFrom(source: PoolSource): PoolInUse {
  if ("pool" in source) return given(source.pool);
  const pool = new pg.Pool({ ...defaults, ...source.config });
  pool.on("error", ignore);
  return { pool, close: () => pool.end() };
}

/** Who listens to a pool of his own knows what to do; where nobody does, pg would end the process. */
function given(pool: Pool): PoolInUse {
  const alone = pool.listenerCount("error") === 0;
  if (alone) pool.on("error", ignore);
  return {
    pool,
    close: async () => {
      if (alone) pool.off("error", ignore);
    },
  };
}

function ignore(): void {}
