/** How many transactions a server commits, by its own count. Those that only read are among them. */
import pg from "pg";

export interface Counted {
  /** All that it does goes through this pool, so that its sessions can be told to report. */
  readonly pool: pg.Pool;
  readonly run: (times: number) => unknown;
}

/** Commits for each time that it does the thing. */
export async function commitsEach(url: string, { pool, run }: Counted, times: number): Promise<number> {
  const observer = new pg.Client({ connectionString: withDatabase(url, "postgres") });
  await observer.connect();
  const database = new URL(url).pathname.slice(1);
  await report(pool);
  const before = await commitsOf(observer, database);
  await run(times);
  const ours = await report(pool);
  const after = await commitsOf(observer, database);
  await observer.end();
  return (after - before - ours) / times;
}

/** A session reports what it did at most once a second, unless it is told to. Returns how many were told: a commit each. */
async function report(pool: pg.Pool): Promise<number> {
  const clients = await Promise.all(Array.from({ length: pool.idleCount }, () => pool.connect()));
  await Promise.all(clients.map((client) => client.query("SELECT pg_stat_force_next_flush()")));
  for (const client of clients) client.release();
  return clients.length;
}

async function commitsOf(observer: pg.Client, database: string): Promise<number> {
  const { rows } = await observer.query<{ commits: string }>(
    "SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = $1",
    [database],
  );
  return Number(rows[0]?.commits);
}

function withDatabase(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}
