import { type PgbouncerServer, pgbouncerServer } from "@meshwright/testing";

/** A PgBouncer in front of a server, or why there is none. */
export interface Found {
  readonly bouncer: PgbouncerServer | undefined;
  readonly missing: string;
}

/**
 * Between transactions, with so few sessions that they change hands all the time.
 *
 * @param url - of the server
 */
export async function findBouncer(url: string): Promise<Found> {
  try {
    const bouncer = await pgbouncerServer({ url, config: ["default_pool_size = 4"] });
    return { bouncer, missing: "" };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "SERVER_MISSING")) throw error;
    return { bouncer: undefined, missing: error.message };
  }
}
