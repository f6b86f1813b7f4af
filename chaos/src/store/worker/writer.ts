/** A process that writes rows of the service's own, and publishes in the same transactions, for ever: some at once, on keys that all writers share. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Transaction } from "@meshwright/core";
import { openLedger, type Write } from "../../ledger.js";
import { type EventData, nameOf, written } from "../events.js";
import { answered, type Ended, looked, onPurpose } from "../ledger.js";
import { commitUnknown, type Service } from "../service/contract.js";
import { runStoreWorker, type StoreMesh, type StoreWorker } from "./process.js";

const atOnce = 4;
const keys = 24;
/** All writers together: some twenty transactions a second. */
const longestPauseMs = 1_000;

/** What a transaction will be like. */
interface Plan {
  readonly rows: readonly { readonly name: string; readonly key: string; readonly events: number }[];
  readonly enlisted: boolean;
  /** Publishes a row's events in one call. */
  readonly together: boolean;
  readonly rollsBack: boolean;
  /** How long it stays open after its rows, together, in milliseconds. */
  readonly stays: number;
}

await runStoreWorker({
  async work(mesh, worker, service) {
    const { folder, name } = worker.settings;
    const write = openLedger<Ended>(folder, name);
    const next = planner(worker, service);
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (!worker.stopping()) {
          await carryOut(next(), { mesh, worker, service, write });
          await sleep(worker.random() * longestPauseMs);
        }
      }),
    );
  },
});

function planner({ random, settings: { name, leaseMs } }: StoreWorker, service: Service): () => Plan {
  let count = 0;
  const among = (most: number): number => 1 + Math.floor(random() * most);
  return () => {
    count += 1;
    // Two keys in any order: some of those meet in a deadlock.
    const several = random() < 0.2 ? 2 : 1;
    return {
      rows: Array.from({ length: several }, (_, at) => ({
        name: `${name}:${count}.${at}`,
        // The square makes some keys busier than others.
        key: `key-${Math.floor(random() ** 2 * keys)}`,
        events: among(3),
      })),
      enlisted: random() < 0.25,
      together: random() < 0.5,
      rollsBack: random() < 0.2,
      stays: service.store.capabilities.concurrent ? staysMs(random, leaseMs) : 0,
    };
  };
}

/** Most are short. The others are overtaken by those, and some are open for longer than a lease. */
function staysMs(random: () => number, leaseMs: number): number {
  const roll = random();
  if (roll < 0.005) return 1.5 * leaseMs;
  return roll < 0.15 ? random() * 400 : 0;
}

interface Desk {
  readonly mesh: StoreMesh;
  readonly worker: StoreWorker;
  readonly service: Service;
  readonly write: Write<Ended>;
}

async function carryOut(plan: Plan, desk: Desk): Promise<void> {
  const { service, worker, write } = desk;
  const rows = plan.rows.map(({ name }) => name);
  const work = (tx: Transaction): Promise<void> => writeAll(plan, tx, desk);
  try {
    if (plan.enlisted && service.enlisted !== undefined) await service.enlisted(work);
    else await service.store.transaction(work);
    write({ rows, committed: true, why: answered });
    worker.worked();
  } catch (error) {
    const code = codeOf(error);
    if (code !== commitUnknown) return write({ rows, committed: false, why: code });
    const committed = await outcomeOf(plan, desk);
    if (committed !== undefined) write({ rows, committed, why: looked });
  }
}

async function writeAll(
  { rows, together, rollsBack, stays }: Plan,
  tx: Transaction,
  { mesh, service: { tables }, worker }: Desk,
): Promise<void> {
  for (const { name, key, events } of rows) {
    const number = await tables.next(tx.client, key);
    const padding = "x".repeat(Math.floor(worker.random() * 400));
    const data = Array.from({ length: events }, (_, at) => ({ name: nameOf(name, at), key, padding }));
    const ids = together ? await publishAll(mesh, data, tx) : await publishEach(mesh, data, tx);
    await tables.insert(tx.client, { name, key, number, ids });
    await sleep(stays / rows.length);
  }
  if (rollsBack) throw Object.assign(new Error("rolled back"), { code: onPurpose });
}

async function publishAll(mesh: StoreMesh, all: readonly EventData[], tx: Transaction): Promise<string[]> {
  const entries = all.map((data) => ({ type: written, data, key: data.key }) as const);
  return (await mesh.publishAll(entries, { tx })).map(({ id }) => id);
}

async function publishEach(mesh: StoreMesh, all: readonly EventData[], tx: Transaction): Promise<string[]> {
  const ids: string[] = [];
  for (const data of all) ids.push((await mesh.publish(written, data, { key: data.key, tx })).id);
  return ids;
}

/** Looks until the database answers, or this process is to stop. */
async function outcomeOf({ rows: [first] }: Plan, { service, worker }: Desk): Promise<boolean | undefined> {
  while (first !== undefined && !worker.stopping()) {
    try {
      return await service.isThere(first.name, first.key);
    } catch {
      await sleep(200);
    }
  }
  return undefined;
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? error);
}
