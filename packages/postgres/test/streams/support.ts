import type { LogEvent, MeshEvent } from "@meshwright/core";
import type { PostgresStore } from "@meshwright/postgres";
import { eventually } from "@meshwright/testing";
import type { Pool } from "pg";

let count = 0;

export function event(over: Partial<MeshEvent> & { readonly id?: string } = {}): MeshEvent {
  count += 1;
  return { specversion: "1.0", id: `event-${count}`, source: "/test", type: "test.v1", data: count, ...over };
}

export function events(howMany: number): MeshEvent[] {
  return Array.from({ length: howMany }, () => event());
}

export function ids(list: readonly { readonly event: MeshEvent }[]): string[] {
  return list.map((one) => one.event.id);
}

export async function all<T>(found: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const one of found) list.push(one);
  return list;
}

/** The whole log, read in pages as somebody does who follows it, until one that was asked for when `isDone` has nothing new. */
export async function follow(store: PostgresStore, isDone: () => boolean): Promise<LogEvent[]> {
  const seen: LogEvent[] = [];
  for (let after = 0; ; ) {
    const done = isDone();
    const { events: found, through } = await store.streams.page({ after, limit: 200 });
    seen.push(...found);
    if (done && through === after) return seen;
    after = through;
  }
}

/** Waits until a session of this database waits for a lock in a statement with this text. */
export async function isWaiting(pool: Pool, text: string): Promise<void> {
  await eventually(`a session waits in ${text}`, async () => {
    const { rows } = await pool.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
       AND strpos(query, $1) > 0 AND pid <> pg_backend_pid()`,
      [text],
    );
    return rows.length > 0;
  });
}

/** A promise, and what resolves it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
