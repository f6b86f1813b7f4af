/** Groups: a named reader of one channel, with its cursor. What the cursor has passed is held, waiting or done. */
import { refusals, type StartPosition } from "@meshwright/core/adapter";
import type { Connection } from "./connection.js";
import { type ChannelLog, seqFrom } from "./log.js";
import { toText } from "./text.js";
import type { Transaction } from "./writer.js";

export interface Group {
  readonly id: number;
  readonly name: string;
  readonly channel: string;
  readonly log: ChannelLog;
  readonly ordered: boolean;
}

export interface GroupRequest {
  readonly channel: string;
  readonly group: string;
  readonly ordering: "key" | "none";
  readonly from: StartPosition;
}

/** Finds the group or creates it at its start position. Inside a write transaction. */
export function ensureGroup(
  db: Connection,
  transaction: Transaction,
  log: ChannelLog,
  request: GroupRequest,
): Group {
  const name = toText(request.group);
  const select = "SELECT id, ordering FROM mw_groups WHERE channel = ? AND name = ?";
  let row = db.get<{ id: number; ordering: string }>(select, log.id, name);
  if (!row) {
    log.moveDue(transaction);
    const cursor = cursorAt(log, request.from);
    const insert = "INSERT INTO mw_groups (channel, name, ordering, cursor) VALUES (?, ?, ?, ?)";
    db.run(insert, log.id, name, request.ordering, cursor);
    row = db.get<{ id: number; ordering: string }>(select, log.id, name);
  }
  if (!row) throw new Error("the group was not stored");
  if (row.ordering !== request.ordering)
    throw refusals.orderingDiffers(request, row.ordering, request.ordering);
  return {
    id: row.id,
    name: request.group,
    channel: request.channel,
    log,
    ordered: request.ordering === "key",
  };
}

/** The last place that a group starting at `from` does not receive. */
function cursorAt(log: ChannelLog, from: StartPosition): number {
  if (from === "latest") return log.bounds().last;
  if (from === "earliest") return 0;
  if ("offset" in from) return seqFrom(from.offset) - 1;
  return log.seqAt(from.time) - 1;
}
