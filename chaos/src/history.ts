/** What happened in a run, put together from its ledgers: the events, and every delivery of them. */
import type { Delivered, Entry, Ledger, Outcome, Settled } from "./ledger.js";
import { type Named, parseName } from "./names.js";

/** Something was done to a process, or to everyone: to the server they share, or a lock that they wait for. */
export interface Fault {
  readonly kind: string;
  /** The process's name, or "everyone". */
  readonly target: string;
  readonly from: number;
  /** When it was over. What it did to leases shows up to one lease later. */
  readonly to: number;
}

/** An event that `publish` confirmed. */
export interface Confirmed extends Named {
  /** When `publish` was called, and when it resolved. */
  readonly askedAt: number;
  readonly at: number;
}

/** A delivery of an event to a process, and what came of it. */
export interface Attempt extends Named {
  readonly by: string;
  readonly attempt: number;
  readonly deliveredAt: number;
  begunAt?: number;
  endedAt?: number;
  outcome?: Outcome;
  /** When `settle` was called, when it resolved, and with what; nothing while that is not known. */
  settled?: Settling;
}

export interface Settling {
  readonly outcome: Settled;
  /** Nobody has told so, but the process left in good order, and gave back what it had. */
  readonly assumed?: true;
  readonly askedAt: number;
  readonly at: number;
}

export interface History {
  readonly confirmed: readonly Confirmed[];
  /** By group, in the order of delivery. */
  readonly attempts: ReadonlyMap<string, readonly Attempt[]>;
  /** Faults that the processes saw by themselves. */
  readonly stalls: readonly Fault[];
  /** Processes that left in good order: from asking to leave until they had. */
  readonly leaves: readonly Fault[];
}

/** @param ledgers - of each process, in the order of writing */
export function historyOf(ledgers: Iterable<Ledger>): History {
  const confirmed: Confirmed[] = [];
  const attempts = new Map<string, Attempt[]>();
  const stalls: Fault[] = [];
  const leaves: Fault[] = [];
  for (const { by, entries } of ledgers) {
    for (const entry of entries) {
      if (entry.kind === "confirmed")
        confirmed.push(
          ...entry.ids.map((id) => ({ ...parseName(id), askedAt: entry.askedAt, at: entry.at })),
        );
      if (entry.kind === "stalled")
        stalls.push({ kind: "stall", target: by, from: entry.from, to: entry.at });
      if (entry.kind === "left")
        leaves.push({ kind: "leave", target: by, from: entry.askedAt, to: entry.at });
    }
    for (const [group, own] of attemptsOf(by, entries))
      attempts.set(group, (attempts.get(group) ?? []).concat(own));
  }
  for (const all of attempts.values()) all.sort((one, other) => one.deliveredAt - other.deliveredAt);
  return { confirmed, attempts, stalls, leaves };
}

/** The deliveries to one process, by group. */
function attemptsOf(by: string, entries: readonly Entry[]): Map<string, Attempt[]> {
  const found = new Map<string, Attempt[]>();
  const same = new Map<string, Attempt[]>();
  /** The latest delivery of this name; it may have come again before a settlement asked for earlier has resolved. */
  const find = (group: string, [id, attempt]: Delivered, before = Infinity): Attempt | undefined =>
    same.get(`${group} ${id} ${attempt}`)?.findLast(({ deliveredAt }) => deliveredAt <= before);
  for (const entry of entries) {
    switch (entry.kind) {
      case "delivered":
        for (const [id, attempt] of entry.all) {
          const one: Attempt = { ...parseName(id), by, attempt, deliveredAt: entry.at };
          const name = `${entry.group} ${id} ${attempt}`;
          same.set(name, [...(same.get(name) ?? []), one]);
          found.set(entry.group, found.get(entry.group) ?? []);
          found.get(entry.group)?.push(one);
        }
        break;
      case "begun":
        Object.assign(find(entry.group, entry.one) ?? {}, { begunAt: entry.at });
        break;
      case "ended":
        Object.assign(find(entry.group, entry.one) ?? {}, { endedAt: entry.at, outcome: entry.outcome });
        break;
      case "settled":
        for (const one of entry.all)
          Object.assign(find(entry.group, one, entry.askedAt) ?? {}, {
            settled: settledBy(entry.outcome, entry),
          });
        break;
      case "left":
        leave([...found.values()].flat(), entry);
        break;
      case "confirmed":
      case "stalled":
        break;
    }
  }
  return found;
}

/** What was not begun has been given back. */
function leave(attempts: readonly Attempt[], entry: { askedAt: number; at: number }): void {
  for (const one of attempts)
    if (one.begunAt === undefined) one.settled ??= { ...settledBy("release", entry), assumed: true };
}

function settledBy(outcome: Settled, { askedAt, at }: { askedAt: number; at: number }): Settling {
  return { outcome, askedAt, at };
}
