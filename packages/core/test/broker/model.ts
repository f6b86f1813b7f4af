import { memoryServer } from "@meshwright/core";
import type { Delivery, Settlement } from "@meshwright/core/adapter";
import { type Connected, connect, failure, message, Reader, requestOf, TestClock, turns } from "./support.js";

/** What must be true of a message, known from the outside alone. */
interface Known {
  readonly id: string;
  readonly key: string;
  state: "waiting" | "held" | "retrying" | "done" | "dead";
  holder: Model["members"][number] | undefined;
  /** Deliveries counted so far. */
  attempts: number;
  failed: boolean;
  /** The earliest time it may be delivered again. */
  notBefore: number;
}

interface ModelMember {
  readonly connection: Connected;
  reader: Reader;
  alive: boolean;
}

export const leaseMs = 1_000;

/** Runs a memory broker and says, at every delivery, whether it was right. */
export class Model {
  readonly clock: TestClock = new TestClock();
  readonly members: ModelMember[] = [];
  readonly wrong: string[] = [];
  readonly #server = memoryServer();
  readonly #ordering: "key" | "none";
  readonly #known = new Map<string, Known>();
  readonly #order: Known[] = [];
  #main: Connected | undefined;

  constructor(ordering: "key" | "none") {
    this.#ordering = ordering;
  }

  get outstanding(): number {
    return this.#order.filter(({ state }) => state !== "done" && state !== "dead").length;
  }

  get dead(): number {
    return this.#order.filter(({ state }) => state === "dead").length;
  }

  async main(): Promise<Connected> {
    this.#main ??= await connect(this.clock, { server: this.#server });
    return this.#main;
  }

  async join(prefetch: number): Promise<void> {
    const connection = await connect(this.clock, { server: this.#server, leaseMs });
    const request = requestOf({ ordering: this.#ordering, from: "earliest", prefetch });
    const subscription = await connection.broker.subscribe(request);
    const reader = new Reader(subscription, (delivery) => this.#delivered(member, delivery));
    const member: ModelMember = { connection, alive: true, reader };
    this.members.push(member);
  }

  async publish(keys: readonly number[]): Promise<void> {
    const added = keys.map((key, index) => this.#add(`${this.#order.length + index}`, `k${key}`));
    this.#order.push(...added);
    await (await this.main()).broker.publish(
      "c",
      added.map(({ id, key }) => message(id, key)),
    );
  }

  async ack(member: ModelMember, count: number): Promise<void> {
    const settled = member.reader.held.splice(0, count);
    for (const delivery of settled) this.#set(delivery, { state: "done" });
    await member.reader.subscription.settle(settled.map((delivery) => ({ delivery, outcome: "ack" })));
  }

  async deadLetter(member: ModelMember): Promise<void> {
    const [delivery] = member.reader.held.splice(0, 1);
    if (delivery === undefined) return;
    this.#set(delivery, { state: "dead" });
    await member.reader.subscription.settle([{ delivery, outcome: "deadLetter", failure }]);
  }

  /** As the contract asks: what it holds of the key behind the failed one is released in the same call. */
  async retry(member: ModelMember, place: number, delayMs: number): Promise<void> {
    const { held } = member.reader;
    const failed = held[place % Math.max(1, held.length)];
    if (failed === undefined) return;
    const later = held.slice(held.indexOf(failed) + 1).filter((delivery) => this.#follows(delivery, failed));
    this.#set(failed, { state: "retrying", failed: true, notBefore: this.clock.now() + delayMs });
    await this.#settleBack(member, [failed, ...later], {
      delivery: failed,
      outcome: "retry",
      delayMs,
      failure,
    });
  }

  async release(member: ModelMember, place: number): Promise<void> {
    const { held } = member.reader;
    const first = held[place % Math.max(1, held.length)];
    if (first === undefined) return;
    await this.#settleBack(member, [
      first,
      ...held.slice(held.indexOf(first) + 1).filter((delivery) => this.#follows(delivery, first)),
    ]);
  }

  async close(member: ModelMember): Promise<void> {
    member.alive = false;
    for (const delivery of member.reader.held.splice(0)) this.#back(delivery);
    await member.reader.subscription.close();
  }

  crash(member: ModelMember): void {
    member.alive = false;
    for (const delivery of member.reader.held.splice(0)) {
      this.#set(delivery, { state: "waiting", notBefore: this.clock.now() + leaseMs });
    }
    member.connection.broker.crash();
  }

  async restart(): Promise<void> {
    for (const member of this.members.filter(({ alive }) => alive)) {
      for (const delivery of member.reader.held.splice(0)) this.#set(delivery, { state: "waiting" });
    }
    await this.#server.restart();
  }

  /** Handles whatever is left; then nothing may be missing. */
  async finish(): Promise<void> {
    await this.join(7);
    for (let round = 0; round < 400 && this.outstanding > 0; round++) {
      await this.clock.advance(50);
      for (const member of this.members) if (member.alive) await this.ack(member, 100);
    }
    await turns();
  }

  async #settleBack(member: ModelMember, given: Delivery[], retry?: Settlement): Promise<void> {
    const settlements: Settlement[] = retry ? [retry] : [];
    for (const delivery of given) {
      member.reader.held.splice(member.reader.held.indexOf(delivery), 1);
      if (delivery === retry?.delivery) continue;
      this.#back(delivery);
      settlements.push({ delivery, outcome: "release" });
    }
    await member.reader.subscription.settle(settlements);
  }

  #follows(delivery: Delivery, first: Delivery): boolean {
    return this.#ordering === "key" && delivery.message.key === first.message.key;
  }

  #add(id: string, key: string): Known {
    const known: Known = {
      id,
      key,
      state: "waiting",
      holder: undefined,
      attempts: 0,
      failed: false,
      notBefore: 0,
    };
    this.#known.set(id, known);
    return known;
  }

  #set(delivery: Delivery, change: Partial<Known>): void {
    const known = this.#known.get(delivery.message.id);
    if (known) Object.assign(known, { holder: undefined }, change);
  }

  /** Released: as if this delivery had not been. */
  #back(delivery: Delivery): void {
    this.#set(delivery, { state: "waiting", attempts: delivery.attempt - 1 });
  }

  #delivered(member: ModelMember, delivery: Delivery): void {
    const known = this.#known.get(delivery.message.id);
    if (known === undefined) return void this.wrong.push(`${delivery.message.id} was never published`);
    const check = (right: boolean, what: string): void => {
      if (!right) this.wrong.push(`${known.id} (${known.key}): ${what}`);
    };
    check(known.state === "waiting" || known.state === "retrying", `delivered while ${known.state}`);
    check(this.clock.now() >= known.notBefore, "delivered before its time");
    check(delivery.attempt === known.attempts + 1, `attempt ${delivery.attempt} after ${known.attempts}`);
    check((delivery.lastFailure !== undefined) === known.failed, "another lastFailure");
    if (this.#ordering === "key") {
      for (const earlier of this.#order.slice(0, this.#order.indexOf(known))) {
        if (earlier.key !== known.key || earlier.state === "done" || earlier.state === "dead") continue;
        check(earlier.holder === member, `overtook ${earlier.id}, which is ${earlier.state}`);
      }
    }
    Object.assign(known, { state: "held", holder: member, attempts: delivery.attempt, notBefore: 0 });
  }
}
