/** What a run on a store stands on: a database and a broker, each with a server of its own, or in a file. */
import { join } from "node:path";
import { postgresServer, redisServer, type Server } from "@meshwright/testing";
import type { StoreName } from "../settings.js";

export interface StoreSite extends AsyncDisposable {
  readonly store: StoreName;
  /** URL or path of the database. */
  readonly database: string;
  /** URL of the broker. */
  readonly broker: string;
  /** The database's; undefined where it is a file: there is nothing to kill, and no network to cut. */
  readonly server: Server | undefined;
  /** What can be killed, by name. */
  readonly servers: Readonly<Record<string, Server>>;
}

/** @param folder - where an embedded database keeps its file */
export async function openStoreSite(store: StoreName, folder: string): Promise<StoreSite> {
  // Each with an option of its own, so that nobody else's is taken.
  const redis = await redisServer({ appendfsync: "always" });
  const { url: broker } = redis;
  if (store === "sqlite") {
    const database = join(folder, "chaos.db");
    const dispose = (): Promise<void> => redis.close();
    return { store, database, broker, server: undefined, servers: { redis }, [Symbol.asyncDispose]: dispose };
  }
  try {
    const postgres = await postgresServer({ config: ["max_connections = 200"] });
    return {
      store,
      database: await postgres.createDatabase(),
      broker,
      server: postgres,
      servers: { postgres, redis },
      [Symbol.asyncDispose]: async () => {
        await postgres.close();
        await redis.close();
      },
    };
  } catch (error) {
    await redis.close();
    throw error;
  }
}
