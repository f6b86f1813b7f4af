import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { BrokerError } from "@meshwright/core/adapter";
import { sqliteBroker } from "@meshwright/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openHandle } from "./open-handle.js";
import {
  contextOf,
  iterate,
  message,
  openBroker,
  subscribe,
  take,
  temporaryFile,
  temporaryFolder,
} from "./support.js";

async function refusal(path: string): Promise<BrokerError> {
  const broker = sqliteBroker({ path });
  const error = await broker.open(contextOf()).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  await broker.close();
  if (error instanceof BrokerError) return error;
  throw new Error("open did not reject with a BrokerError");
}

describe("a file that cannot be used is refused with its reason", () => {
  test("a file that is no database is refused and left as it is", async () => {
    const path = temporaryFile();
    const text = "this is a letter, not a database. ".repeat(100);
    writeFileSync(path, text);
    const error = await refusal(path);
    expect(error).toMatchObject({ code: "SQLITE_NOT_A_DATABASE", retryable: false });
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a newer storage format is refused, with both numbers", async () => {
    const path = temporaryFile();
    const broker = sqliteBroker({ path });
    await broker.open(contextOf());
    await broker.close();
    const handle = await openHandle(path);
    handle.exec("UPDATE mw_meta SET value = 99 WHERE name = 'format'");
    handle.close();
    const error = await refusal(path);
    expect(error).toMatchObject({ code: "SQLITE_FORMAT_NEWER", retryable: false });
    expect(error.message).toMatch(/format 99.*up to 1/);
  });

  test("a missing folder and a folder in place of a file cannot be opened", async () => {
    const folder = temporaryFolder();
    expect(await refusal(join(folder, "missing", "mesh.db"))).toMatchObject({ code: "SQLITE_CANNOT_OPEN" });
    expect(await refusal(folder)).toMatchObject({ code: "SQLITE_CANNOT_OPEN" });
  });

  test("a damaged file is reported as such", async () => {
    const path = temporaryFile();
    const broker = await openBroker({ path });
    await broker.publish(
      "orders",
      Array.from({ length: 50 }, () => message({ body: "x".repeat(2_000) })),
    );
    await broker.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096, 4096 * 8);
    writeFileSync(path, bytes);
    expect(await refusal(path)).toMatchObject({ code: "SQLITE_CORRUPT", retryable: false });
  });
});

describe("without write access", () => {
  test("a read-only handle refuses with SQLITE_READONLY", async () => {
    const path = temporaryFile();
    const writer = await openHandle(path);
    writer.exec("CREATE TABLE mine (a)");
    writer.close();
    const database = await openHandle(path, { readOnly: true });
    onTestFinished(() => database.close());
    const broker = sqliteBroker({ database });
    await expect(broker.open(contextOf())).rejects.toMatchObject({
      code: "SQLITE_READONLY",
      retryable: false,
    });
  });

  // The superuser may write everything: then a child process gives its rights up before it opens the file.
  test("a read-only file refuses with SQLITE_READONLY", async () => {
    const folder = join(temporaryFolder(), "locked");
    mkdirSync(folder);
    const path = join(folder, "mesh.db");
    const broker = sqliteBroker({ path });
    await broker.open(contextOf());
    await broker.close();
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    chmodSync(join(folder, ".."), 0o755);
    const script = new URL("./open-as-nobody.ts", import.meta.url).pathname;
    const child = spawnSync(
      process.execPath,
      ["--conditions=@meshwright/source", "--import", "tsx", script, path],
      {
        encoding: "utf8",
      },
    );
    chmodSync(folder, 0o755);
    expect(child.stdout.trim(), child.stderr).toBe("SQLITE_READONLY");
  });
});

describe("a full disk", () => {
  test("refuses publishes with SQLITE_FULL, keeps what was confirmed, and goes on when there is room", async () => {
    const path = temporaryFile();
    const database = await openHandle(path);
    onTestFinished(() => database.close());
    database.exec("PRAGMA journal_mode = WAL");
    const broker = await openBroker({ database });
    const iterator = iterate(await subscribe(broker));
    const kept = message();
    await broker.publish("orders", [kept]);
    // SQLite's own limit gives the same error as a disk without room.
    database.exec("PRAGMA max_page_count = 60");
    const calls = Array.from({ length: 40 }, () =>
      broker.publish("orders", [message({ body: "x".repeat(20_000) })]),
    );
    const outcomes = await Promise.allSettled(calls);
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) expect(reason).toMatchObject({ code: "SQLITE_FULL", retryable: true });

    database.exec("PRAGMA max_page_count = 100000");
    const after = message();
    await broker.publish("orders", [after]);
    const stored = calls.length - refused.length;
    const ids = (await take(iterator, stored + 2)).map((delivery) => delivery.message.id);
    expect(ids[0]).toBe(kept.id);
    expect(ids.at(-1)).toBe(after.id);
  });

  test("on a file system of its own, where one can be mounted", async (context) => {
    const folder = temporaryFolder();
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder]);
    if (mounted.status !== 0) context.skip("mounting a tmpfs is not permitted here");
    onTestFinished(() => void spawnSync("umount", ["-l", folder]));
    const path = join(folder, "mesh.db");
    const broker = await openBroker({ path });
    const confirmed: string[] = [];
    let failure: unknown;
    for (let round = 0; round < 200 && !failure; round += 1) {
      const sent = message({ body: "x".repeat(30_000) });
      await broker.publish("orders", [sent]).then(
        () => confirmed.push(sent.id),
        (error: unknown) => {
          failure = error;
        },
      );
    }
    expect(failure).toMatchObject({ code: "SQLITE_FULL", retryable: true });
    await broker.close();
    const again = await openBroker({ path });
    const stored: string[] = [];
    for await (const entries of again.history({ channel: "orders", from: "earliest" })) {
      stored.push(...entries.map((entry) => entry.message.id));
    }
    expect(stored).toEqual(confirmed);
  });
});
