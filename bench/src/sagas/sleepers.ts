/** Instances of a saga that wait, and one that wakes them. While they wait they are rows, and nothing in memory. */
import {
  createMesh,
  defineCatalog,
  defineEvent,
  memoryBroker,
  type Saga,
  saga,
  typed,
} from "@meshwright/core";
import { postgresStore } from "@meshwright/postgres";
import pg from "pg";

const id = typed<{ readonly id: string }>({});
const begun = defineEvent("com.acme.sleeper.begun.v1", { schema: id });
const asleep = defineEvent("com.acme.sleeper.asleep.v1", { schema: id });
const called = defineEvent("com.acme.sleeper.called.v1", { schema: id });
const awake = defineEvent("com.acme.sleeper.awake.v1", { schema: id });
const catalog = defineCatalog([begun, asleep, called, awake]);

const connections = 20;
const begunAtOnce = 50;

/** Does its steps one after the other, waits, and ends when it is woken. */
function sleeper(steps: number): Saga<typeof begun> {
  return saga(
    "sleeper",
    { startedBy: begun, key: (event) => event.data.id, events: [called] },
    async (run, { data }) => {
      for (let at = 0; at < steps; at++) await run.step(`step-${at}`, () => at);
      await run.publish(asleep, data);
      await run.waitFor(called, { where: { data: { id: data.id } } });
      await run.publish(awake, data);
    },
  );
}

export class Sleepers {
  readonly #pool: pg.Pool;
  readonly #mesh: ReturnType<typeof createMesh<typeof catalog>>;
  readonly #heard: Map<string, () => void> = new Map();
  readonly #waiting: string[] = [];
  #count = 0;

  private constructor(pool: pg.Pool, steps: number) {
    this.#pool = pool;
    const store = postgresStore({ pool });
    this.#mesh = createMesh({ service: "bench", catalog, broker: memoryBroker(), store });
    const heard = (event: { readonly type: string; readonly data: { readonly id: string } }): void =>
      this.#heard.get(`${event.type} ${event.data.id}`)?.();
    this.#mesh.saga(sleeper(steps)).on(asleep.type, heard).on(awake.type, heard);
  }

  /** None yet. */
  static async open(url: string, steps: number): Promise<Sleepers> {
    const pool = new pg.Pool({ connectionString: url, max: connections });
    await postgresStore({ pool }).migrate();
    const sleepers = new Sleepers(pool, steps);
    await sleepers.#mesh.start();
    return sleepers;
  }

  /** Begins more, until so many wait. */
  async fill(total: number): Promise<void> {
    let left = total - this.#waiting.length;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        const key = `sleeper-${this.#count++}`;
        const waits = this.#hears(asleep.type, key);
        await this.#mesh.publish(begun.type, { id: key });
        await waits;
        this.#waiting.push(key);
      }
    };
    await Promise.all(Array.from({ length: begunAtOnce }, lane));
  }

  /** As autovacuum does sooner or later. */
  async settle(): Promise<void> {
    await this.#pool.query("VACUUM ANALYZE");
  }

  /** Wakes some, one after the other: from publishing the event to handling what it published then. */
  async wake(times: number): Promise<void> {
    for (const key of this.#waiting.splice(0, times)) {
      const wakes = this.#hears(awake.type, key);
      await this.#mesh.publish(called.type, { id: key });
      await wakes;
    }
  }

  async close(): Promise<void> {
    await this.#mesh.stop();
    await this.#pool.end();
  }

  #hears(type: string, key: string): Promise<void> {
    const name = `${type} ${key}`;
    return new Promise((resolve) => {
      this.#heard.set(name, () => {
        this.#heard.delete(name);
        resolve();
      });
    });
  }
}
