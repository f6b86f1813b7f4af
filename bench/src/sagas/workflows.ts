import type pg from "pg";

/** Something that does workflows, each with an id of its own. */
export interface Workflows {
  readonly name: string;
  /** Its database. */
  readonly url: string;
  readonly pool: pg.Pool;
  /** Does one; resolves when it has ended. */
  readonly run: (id: string) => Promise<void>;
  stop(): Promise<void>;
}

let count = 0;

export async function many({ run }: Workflows, times: number, atOnce: number): Promise<void> {
  let left = times;
  const lane = async (): Promise<void> => {
    while (left-- > 0) await run(`workflow-${count++}`);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
