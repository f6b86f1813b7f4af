import type { Cancel, StoreContext } from "@meshwright/core/adapter";
import pg, { type Client, type Pool } from "pg";

const [firstPauseMs, longestPauseMs] = [100, 30_000];

interface Parts extends StoreContext {
  changed(): void;
}

/** A connection that only listens, made anew when it is lost. It is outside of the pool, which it would take a place of. */
export class Listener {
  readonly #pool: Pool;
  readonly #channel: string;
  readonly #parts: Parts;
  #client: Client | undefined;
  #pauseMs = firstPauseMs;
  #cancelPause: Cancel = () => undefined;
  #closed = false;

  constructor(pool: Pool, channel: string, parts: Parts) {
    this.#pool = pool;
    this.#channel = channel;
    this.#parts = parts;
    void this.#connect();
  }

  close(): void {
    this.#closed = true;
    this.#cancelPause();
    end(this.#client);
  }

  async #connect(): Promise<void> {
    const client = this.#newClient();
    this.#client = client;
    try {
      client.on("notification", () => this.#parts.changed());
      client.on("error", () => this.#retry(client));
      client.on("end", () => this.#retry(client));
      await client.connect();
      await client.query(`LISTEN ${pg.escapeIdentifier(this.#channel)}`);
      if (this.#closed) return end(client);
      this.#pauseMs = firstPauseMs;
      // What was committed before is told by nobody.
      this.#parts.changed();
    } catch (error) {
      this.#parts.logger.debug(
        { err: error },
        "no connection to listen on, the outbox is looked at in turns",
      );
      this.#retry(client);
    }
  }

  /** As the pool makes them, whatever it was given. */
  #newClient(): Client {
    const { options } = this.#pool;
    const Kind = (this.#pool as { Client?: typeof pg.Client }).Client ?? pg.Client;
    return new Kind({ ...options, ...hidden(options), keepAlive: true });
  }

  #retry(client: Client): void {
    if (this.#closed || this.#client !== client) return;
    end(client);
    this.#client = undefined;
    this.#cancelPause = this.#parts.clock.after(this.#pauseMs, () => void this.#connect());
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }
}

/** The pool keeps secrets where spreading does not find them. */
function hidden(options: Pool["options"]): Pick<pg.ClientConfig, "password" | "ssl"> {
  const { password, ssl } = options;
  return { ...(password === undefined ? {} : { password }), ...(ssl === undefined ? {} : { ssl }) };
}

function end(client: Client | undefined): void {
  client?.end().catch(() => undefined);
}
