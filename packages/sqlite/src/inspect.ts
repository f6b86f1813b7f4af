import type { GroupReport } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import type { ChannelLog } from "./log.js";
import { state } from "./schema.js";
import { fromText } from "./text.js";

interface GroupRow {
  readonly id: number;
  readonly name: string;
  readonly cursor: number;
  readonly held: number;
  readonly waiting: number;
  readonly delayed: number;
  readonly dead: number;
  readonly first_held: number | null;
  readonly first_waiting: number | null;
}

/** What each group of a channel has before it. */
export function inspectChannel(db: Connection, channel: string, log: ChannelLog): GroupReport[] {
  const { last } = log.bounds();
  return groupRows(db, log.id).map((row) => ({
    channel: fromText(channel),
    group: fromText(row.name),
    lag: Math.max(0, last - row.cursor) + row.held + row.waiting,
    inFlight: row.held,
    delayed: row.delayed,
    deadLetters: row.dead,
    oldestUnsettledAt: oldest(log, row),
  }));
}

function groupRows(db: Connection, channel: number): GroupRow[] {
  const held = "FROM mw_held WHERE member IN (SELECT id FROM mw_members WHERE grp = g.id)";
  return db.all<GroupRow>(
    `SELECT g.id, g.name, g.cursor,
      (SELECT count(*) ${held}) AS held,
      (SELECT min(seq) ${held}) AS first_held,
      (SELECT count(*) FROM mw_waiting WHERE grp = g.id) AS waiting,
      (SELECT min(seq) FROM mw_waiting WHERE grp = g.id) AS first_waiting,
      (SELECT count(*) FROM mw_waiting INDEXED BY mw_waiting_due WHERE grp = g.id AND state = ${state.delayed}) AS delayed,
      (SELECT count(*) FROM mw_dead WHERE grp = g.id) AS dead
    FROM mw_groups g WHERE g.channel = ? ORDER BY g.id`,
    channel,
  );
}

function oldest(log: ChannelLog, row: GroupRow): number | undefined {
  const never = Number.POSITIVE_INFINITY;
  const seq = Math.min(row.first_held ?? never, row.first_waiting ?? never, row.cursor + 1);
  return log.storedAt(seq);
}
