import type { Database, Statement } from "@meshwright/sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { openHandle } from "./open-handle.js";
import { iterate, message, openBroker, subscribe, take, temporaryFile } from "./support.js";

/** A handle that counts its commits, and fails the statements it is told to. */
async function counting(): Promise<{
  readonly database: Database;
  commits(): number;
  failOn(text: string): void;
}> {
  const handle = await openHandle(temporaryFile());
  onTestFinished(() => handle.close());
  let commits = 0;
  let failing: string | undefined;
  const database: Database = {
    exec: (sql) => handle.exec(sql),
    close: () => handle.close(),
    location: () => null,
    prepare(sql): Statement {
      const statement = handle.prepare(sql);
      return {
        run(...parameters) {
          if (failing !== undefined && parameters.includes(failing)) throw new Error("refused for this test");
          if (sql === "COMMIT") commits += 1;
          return statement.run(...parameters);
        },
        get: (...parameters) => statement.get(...parameters),
        all: (...parameters) => statement.all(...parameters),
      };
    },
  };
  return {
    database,
    commits: () => commits,
    failOn: (text) => {
      failing = text;
    },
  };
}

describe("group commit", () => {
  test("256 publishes side by side are one transaction", async () => {
    const { database, commits } = await counting();
    const broker = await openBroker({ database });
    const before = commits();
    await Promise.all(Array.from({ length: 256 }, () => broker.publish("orders", [message()])));
    expect(commits() - before).toBe(1);
  });

  test("a large load is split into transactions of bounded size", async () => {
    const { database, commits } = await counting();
    const broker = await openBroker({ database });
    const before = commits();
    await Promise.all(Array.from({ length: 5_000 }, () => broker.publish("orders", [message()])));
    expect(commits() - before).toBe(3);
  });

  test("settlements and publishes of one turn share a commit", async () => {
    const { database, commits } = await counting();
    const broker = await openBroker({ database });
    const subscription = await subscribe(broker);
    await broker.publish("orders", [message(), message()]);
    const [first, second] = await take(iterate(subscription), 2);
    if (!first || !second) throw new Error("two deliveries were expected");
    const before = commits();
    await Promise.all([
      subscription.settle([{ delivery: first, outcome: "ack" }]),
      subscription.settle([{ delivery: second, outcome: "ack" }]),
      broker.publish("orders", [message()]),
    ]);
    expect(commits() - before).toBe(1);
  });

  test("a call that cannot be stored fails alone, and leaves nothing of itself", async () => {
    const { database, failOn } = await counting();
    const broker = await openBroker({ database });
    await broker.publish("orders", [message()]);
    failOn("poison");
    const [good, bad] = [message(), [message(), message({ id: "poison" })]];
    const outcomes = await Promise.allSettled([
      broker.publish("orders", [good]),
      broker.publish("orders", bad),
      broker.publish("orders", [message()]),
    ]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const stored = database.prepare("SELECT count(*) AS stored FROM mw_log_1").get();
    expect(stored).toMatchObject({ stored: 3 });
  });
});
