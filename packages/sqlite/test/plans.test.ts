import type { Database, Statement } from "@meshwright/sqlite";
import { expect, onTestFinished, test } from "vitest";
import { openHandle } from "./open-handle.js";
import { iterate, message, openBroker, subscribe, take, temporaryFile } from "./support.js";

/** A handle that remembers every statement it has prepared. */
async function recording(): Promise<{
  readonly database: Database;
  readonly handle: Database;
  readonly seen: Set<string>;
}> {
  const handle = await openHandle(temporaryFile());
  onTestFinished(() => handle.close());
  const seen = new Set<string>();
  const database: Database = {
    exec: (sql) => handle.exec(sql),
    close: () => handle.close(),
    location: () => null,
    prepare(sql): Statement {
      seen.add(sql);
      return handle.prepare(sql);
    },
  };
  return { database, handle, seen };
}

const failure = { reason: "failed", code: "TEST", message: "again" } as const;

test("nothing that runs for every batch reads through the log, the waiting messages or the shelf", async () => {
  const { database, handle, seen } = await recording();
  const broker = await openBroker({ database });
  const subscription = await subscribe(broker, { prefetch: 4 });
  const iterator = iterate(subscription);
  const rival = await subscribe(broker, { prefetch: 2 });
  await broker.publish(
    "orders",
    Array.from({ length: 12 }, (_, index) => message({ key: `k${index % 2}` })),
  );
  await broker.publish("orders", [message({ deliverAt: Date.now() + 1 })]);
  const [first, second, ...rest] = await take(iterator, 4);
  if (!first || !second) throw new Error("four deliveries were expected");
  await subscription.settle([
    { delivery: first, outcome: "retry", delayMs: 1, failure },
    { delivery: second, outcome: "deadLetter", failure },
    ...rest.map((delivery) => ({ delivery, outcome: "release" as const })),
  ]);
  await take(iterator, 1);
  await rival.close();

  // An equality on the group alone reads all that waits for it, unless the index has only rows of one state.
  const whole =
    /SCAN (?:mw_(?:log|waiting|held|dead|scheduled)|[hlw]\b)|mw_waiting USING (?:PRIMARY KEY|(?:COVERING )?INDEX mw_waiting_key) \(grp=\?\)$/;
  const harmless = /LIMIT 1$|EXISTS \(SELECT 1 FROM mw_waiting WHERE grp = g\.id\)/;
  const costly: string[] = [];
  for (const sql of seen) {
    if (!/^\s*(?:SELECT|UPDATE|DELETE|INSERT)/.test(sql) || harmless.test(sql.trim())) continue;
    const plan = handle.prepare(`EXPLAIN QUERY PLAN ${sql}`).all() as { readonly detail: string }[];
    for (const { detail } of plan) if (whole.test(detail)) costly.push(`${detail} <- ${sql}`);
  }
  expect(seen.size).toBeGreaterThan(15);
  expect(costly).toEqual([]);
});
