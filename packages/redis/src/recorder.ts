/** Records in Redis what became of the deliveries of a member. */
import type { Settlement } from "@meshwright/core/adapter";
import { brokerError, connectionLost } from "./errors.js";
import { type HeldDelivery, placeOf } from "./holdings.js";
import type { Member, MemberParts } from "./member.js";
import { settleMessages } from "./scripts/settle.js";
import { addRelease, addSettlement, emptyPlan, isEmpty, type Plan } from "./settling.js";

export interface RecorderParts extends Pick<MemberParts, "connection" | "context" | "root" | "request"> {
  readonly member: Member;
  /** A call failed whose effect is not known. */
  readonly doubt: () => void;
  /** What was sent came before a new epoch and was not done: Redis holds what the member does not. */
  readonly overtaken: () => void;
  /** There is room for more. */
  readonly recorded: () => void;
}

export class Recorder {
  readonly #parts: RecorderParts;

  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    const { context, request, member } = this.#parts;
    const { holdings } = member;
    const plan = emptyPlan();
    const settled: HeldDelivery[] = [];
    const call = holdings.nextCall();
    for (const settlement of settlements) {
      const { delivery } = settlement;
      if (!holdings.holds(delivery) || delivery.call === call) continue;
      delivery.call = call;
      settled.push(delivery);
      const { outcome } = settlement;
      const comesAgain = outcome === "retry" || outcome === "release";
      if (comesAgain && request.ordering === "key") holdings.returned(delivery);
      addSettlement(plan, settlement, delivery);
    }
    let late = settlements.length - settled.length;
    if (settled.length > 0) late += await this.record(plan, settled);
    const { channel, group } = request;
    if (late > 0) context.report({ kind: "stale-settlement", channel, group, count: late });
  }

  /** Sends settlements. Returns how many came too late. */
  async record(plan: Plan, settled: readonly HeldDelivery[]): Promise<number> {
    const { connection, root, request, member, doubt, overtaken, recorded } = this.#parts;
    const { who, holdings } = member;
    const call = holdings.nextCall();
    if (request.ordering === "key") {
      for (const [partition, key] of plan.lanes) holdings.laneExists(partition, key, call);
    }
    const [late, empty] = await settleMessages(connection, root, who, plan).catch((error: unknown) => {
      doubt();
      throw brokerError(error, "settling");
    });
    if (late < 0) {
      overtaken();
      throw connectionLost();
    }
    for (let at = 0; at < empty.length; at += 2) {
      holdings.laneIsEmpty(empty[at] as string, empty[at + 1] as string, call);
    }
    for (const delivery of settled) holdings.remove(delivery);
    recorded();
    return late;
  }

  /** Gives back what was not yielded yet. */
  giveBack(deliveries: readonly HeldDelivery[]): void {
    const { holdings } = this.#parts.member;
    const plan = emptyPlan();
    for (const delivery of deliveries) {
      holdings.remove(delivery);
      addRelease(plan, placeOf(delivery), delivery.message.key);
    }
    this.recordLater(plan);
  }

  /** For what was never yielded. What cannot be recorded now is found again as a stray. */
  recordLater(plan: Plan): void {
    if (isEmpty(plan)) return;
    const { context, request } = this.#parts;
    const { channel, group } = request;
    this.record(plan, []).catch((error: unknown) =>
      context.logger.warn({ err: error, channel, group }, "what was not yielded was not given back yet"),
    );
  }
}
