import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMesh } from "@meshwright/core";
import { sqliteBroker } from "@meshwright/sqlite";
import { catalog, small } from "./sample.js";

const total = 1_000_000;
const batchSize = 2_000;
const stretch = total / 10;

/** Publishes a million events nobody reads yet, then reads them: memory and pace should not depend on how many wait. */
export async function backlog(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "meshwright-bench-"));
  try {
    const path = join(folder, "backlog.db");
    await fill(path);
    const rows = await drain(path);
    process.stdout.write(
      `\n### SQLite: a backlog of ${total.toLocaleString("en")} events, one consumer\n\n| events waiting | events per second | resident memory |\n|---:|---:|---:|\n${rows.join("\n")}\n`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function consumer(path: string, handle: () => void): ReturnType<typeof createMesh<typeof catalog>> {
  const mesh = createMesh({
    service: "backlog",
    catalog,
    broker: sqliteBroker({ path, durability: "normal" }),
  });
  mesh.on(small.type, { concurrency: 256, prefetch: 768 }, async () => handle());
  return mesh;
}

/** The group exists before the first event, and nobody of it is there while events come in. */
async function fill(path: string): Promise<void> {
  const group = consumer(path, () => undefined);
  await group.start();
  await group.stop();
  await using publisher = createMesh({
    service: "filler",
    catalog,
    broker: sqliteBroker({ path, durability: "normal" }),
  });
  await publisher.start();
  for (let n = 0; n < total; n += batchSize) {
    const entries = Array.from({ length: batchSize }, (_, i) => ({
      type: small.type,
      data: { n: n + i },
      subject: `s${(n + i) % 5_000}`,
    }));
    await publisher.publishAll(entries);
  }
}

async function drain(path: string): Promise<string[]> {
  const rows: string[] = [];
  let handled = 0;
  let began = process.hrtime.bigint();
  let done = (): void => undefined;
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  await using mesh = consumer(path, () => {
    if (++handled % stretch !== 0) return;
    const seconds = Number(process.hrtime.bigint() - began) / 1e9;
    const waiting = (total - handled + stretch).toLocaleString("en");
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    rows.push(`| ${waiting} | ${Math.round(stretch / seconds / 1e3)}k | ${memory} MiB |`);
    began = process.hrtime.bigint();
    if (handled === total) done();
  });
  await mesh.start();
  await finished;
  return rows;
}
