import type { Clock } from "../../clock/clock.js";
import type { BrokerError } from "../../errors/errors.js";
import type {
  BrokerCapabilities,
  BrokerContext,
  BrokerReport,
  DeadLetterRecord,
  GroupReport,
  HistoryEntry,
  HistoryRequest,
  Subscription,
  SubscriptionRequest,
  WireMessage,
} from "../contract.js";
import { refusals } from "../refusals.js";
import { isolated } from "./delivery.js";
import { Group } from "./group.js";
import { readHistory } from "./history.js";
import { type Link, Member } from "./member.js";
import type { MemoryBroker } from "./options.js";
import { crashed, publishFailed, unavailable } from "./refusals.js";
import type { Connected, ServerState } from "./server-state.js";
import type { DeadLetter, Shelf } from "./shelf.js";

const capabilities: BrokerCapabilities = {
  durable: false,
  reach: "process",
  keyOrder: true,
  delayedRetry: true,
  delayedPublish: true,
  typeFilter: true,
  startPositions: ["latest", "earliest", "time", "offset"],
  replay: true,
  deadLetters: true,
  inspection: true,
  atomicBatch: false,
  maxBodyBytes: undefined,
};

interface PendingPublish {
  readonly channel: string;
  readonly messages: readonly WireMessage[];
  readonly resolve: () => void;
  readonly reject: (error: BrokerError) => void;
}

interface LettersRequest {
  readonly group: string;
  readonly ids: readonly string[];
}

/** "cut" is a lost network: the broker will be back. "crashed" is a killed process: it will not. */
type State = "new" | "open" | "cut" | "crashed" | "closed";

/** One connection: what a process would have of a broker that runs elsewhere. */
export class MemoryConnection implements MemoryBroker, Link, Connected {
  readonly name = "memory";
  readonly capabilities: BrokerCapabilities = capabilities;
  readonly keepsMessages: boolean = true;
  readonly report = (report: BrokerReport): void => this.#context?.report(report);
  readonly #server: ServerState;
  readonly #leaseMs: number;
  readonly #members = new Set<Member>();
  #context: BrokerContext | undefined;
  #state: State = "new";
  #outbox: PendingPublish[] = [];
  /** Counts the cuts, so that the lease of an earlier one does not run out when the connection is back. */
  #cuts = 0;

  constructor(server: ServerState, leaseMs: number) {
    this.#server = server;
    this.#leaseMs = leaseMs;
  }

  get live(): boolean {
    return this.#state === "open";
  }

  get clock(): Clock {
    return this.#opened().clock;
  }

  async open(context: BrokerContext): Promise<void> {
    if (this.#state === "closed") throw refusals.closed();
    if (this.#state !== "new") throw refusals.alreadyOpen();
    this.#context = context;
    this.#state = "open";
    this.#server.connect(this);
  }

  publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    const refusal = this.refusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      if (this.#outbox.push({ channel, messages: messages.map(isolated), resolve, reject }) === 1)
        this.#later();
    });
  }

  async subscribe(request: SubscriptionRequest): Promise<Subscription> {
    this.#assertLive();
    if (!(Number.isInteger(request.prefetch) && request.prefetch > 0)) {
      throw refusals.prefetchInvalid(request.prefetch);
    }
    const group = this.#group(request);
    const member = new Member(this.#server, this, group, request.prefetch);
    group.members.add(member);
    this.#members.add(member);
    group.wake();
    return member;
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return;
    if (this.#state === "open") this.#flush();
    for (const member of [...this.#members]) await member.close();
    const opened = this.#state !== "new" && this.#state !== "crashed";
    this.#state = "closed";
    if (opened) this.#server.disconnect(this);
  }

  crash(): void {
    this.#lose("crashed");
    for (const member of this.#members) {
      member.closed = true;
      member.end();
    }
  }

  cut(): void {
    if (this.#state !== "open") return;
    this.#lose("cut");
    this.report({ kind: "disconnected", cause: unavailable() });
  }

  heal(): void {
    if (this.#state !== "cut") return;
    this.#state = "open";
    this.#cuts++;
    for (const member of [...this.#members]) {
      if (member.closed) this.leave(member);
      else member.wait();
    }
    this.report({ kind: "connected" });
  }

  /** The server forgets who held what: all of it is delivered again, counted. */
  loseLeases(): void {
    for (const member of [...this.#members]) {
      if (member.closed) this.#remove(member, true);
      else member.drop({ counted: true, unseen: "vanishes" });
    }
  }

  history(request: HistoryRequest): AsyncIterable<readonly HistoryEntry[]> {
    return readHistory(request, () => {
      this.#assertLive();
      return this.#server.channel(this.#opened().namespace, request.channel);
    });
  }

  async *deadLetters(request: { readonly group: string }): AsyncGenerator<readonly DeadLetterRecord[], void> {
    this.#assertLive();
    for (const batch of this.#shelf(request.group).batches()) {
      yield batch;
      this.#assertLive();
    }
  }

  async redrive(request: LettersRequest): Promise<number> {
    return this.#takeLetters(request, (letter) => letter.group.redrive(letter));
  }

  async purge(request: LettersRequest): Promise<number> {
    return this.#takeLetters(request, () => undefined);
  }

  async inspect(): Promise<readonly GroupReport[]> {
    this.#assertLive();
    return this.#server.inspect(this.#opened().namespace);
  }

  refusal(): BrokerError | undefined {
    switch (this.#state) {
      case "open":
        return undefined;
      case "new":
        return refusals.notOpen();
      case "cut":
        return unavailable();
      case "crashed":
        return crashed();
      case "closed":
        return refusals.closed();
    }
  }

  leave(member: Member): void {
    if (this.live) this.#remove(member, false);
  }

  #remove(member: Member, counted: boolean): void {
    this.#members.delete(member);
    member.leave({ counted });
  }

  #group(request: SubscriptionRequest): Group {
    const { namespace } = this.#opened();
    const channel = this.#server.channel(namespace, request.channel);
    channel.trim();
    let group = channel.groups.get(request.group);
    if (group === undefined) {
      group = new Group({
        host: this.#server,
        channel,
        shelf: this.#shelf(request.group),
        name: request.group,
        ordering: request.ordering,
        start: channel.resolve(request.from),
      });
      channel.groups.set(request.group, group);
    } else if (group.ordering !== request.ordering) {
      throw refusals.orderingDiffers(request, group.ordering, request.ordering);
    }
    group.filter(request.types);
    return group;
  }

  /** Stores what was published in this turn; one turn later, or as much later as a fault says. */
  #later(): void {
    const delay = this.#server.faults?.delay();
    if (delay === undefined) this.#server.turns.soon(() => this.#flush());
    else this.#server.alarms.add({ at: this.#server.now() + delay, fire: () => this.#flush() });
  }

  #flush(): void {
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const { channel, messages, resolve, reject } of outbox) {
      const stored = this.#server.faults?.publishFails(messages.length);
      this.#store(channel, stored === undefined ? messages : messages.slice(0, stored));
      if (stored === undefined) resolve();
      else reject(publishFailed());
    }
  }

  #store(channel: string, messages: readonly WireMessage[]): void {
    if (messages.length > 0) this.#server.channel(this.#opened().namespace, channel).append(messages);
  }

  /** The connection is gone: what was being published is stored in part or not, what is held waits for the lease. */
  #lose(state: "cut" | "crashed"): void {
    if (this.#state !== "open" && this.#state !== "cut") return;
    const wasOpen = this.#state === "open";
    this.#state = state;
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const { channel, messages, reject } of outbox) {
      this.#store(channel, messages.slice(0, Math.floor(this.#server.random() * (messages.length + 1))));
      reject(unavailable());
    }
    if (wasOpen) this.#startLease();
    if (state === "crashed") this.#server.disconnect(this);
  }

  #startLease(): void {
    const cuts = ++this.#cuts;
    const fire = (): void => {
      if (this.#cuts === cuts) this.loseLeases();
    };
    this.#server.alarms.add({ at: this.#server.now() + this.#leaseMs, fire });
  }

  #takeLetters(request: LettersRequest, use: (letter: DeadLetter) => void): number {
    this.#assertLive();
    return this.#shelf(request.group).take(request.ids, use);
  }

  #shelf(group: string): Shelf {
    return this.#server.shelf(this.#opened().namespace, group);
  }

  #assertLive(): void {
    const refusal = this.refusal();
    if (refusal !== undefined) throw refusal;
  }

  #opened(): BrokerContext {
    if (this.#context === undefined) throw refusals.notOpen();
    return this.#context;
  }
}
