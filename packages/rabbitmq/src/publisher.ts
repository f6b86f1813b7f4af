/**
 * Publishing with confirmations: batches go out in the order of the calls, back to back, while no more than a window of
 * messages is on its way. A batch resolves when all of it is confirmed. Nothing is sent twice by itself.
 */
import { type Cancel, type Clock, refusals } from "@meshwright/core/adapter";
import type { ConfirmChannel, Message } from "amqplib";
import { brokerError, connectionLost, headersTooLarge, notTaken, queueGone, unconfirmed } from "./errors.js";
import { goodbye, type Link } from "./link.js";
import type { Outgoing } from "./outgoing.js";
import { Sender } from "./sender.js";

interface Batch {
  readonly messages: readonly Outgoing[];
  sent: number;
  left: number;
  error: Error | undefined;
  /** How often it was looked at since something of it was confirmed. */
  looks: number;
  readonly resolve: (returned: readonly Outgoing[]) => void;
  readonly reject: (error: Error) => void;
  returned: Outgoing[];
}

export interface PublisherSettings {
  readonly window: number;
  readonly confirmTimeoutMs: number;
}

/** The server's silence is measured in such parts of `confirmTimeout`. */
const looksInTime = 4;

export class Publisher {
  readonly #link: Link;
  readonly #window: number;
  readonly #clock: Clock;
  readonly #lookMs: number;
  #looking: Cancel | undefined;
  readonly #unwatch: Cancel;
  #channel: ConfirmChannel | undefined;
  #sender: Sender | undefined;
  /** Why the server ended the channel, if it said. */
  #cause: unknown;
  #opening = false;
  #queue: Batch[] = [];
  /** Sent at least in part, in order; the confirmed ones leave. */
  readonly #under: Set<Batch> = new Set();
  #outstanding = 0;
  #pumping = false;
  #closed = false;
  #idle: (() => void)[] = [];

  constructor(link: Link, { window, confirmTimeoutMs }: PublisherSettings, clock: Clock) {
    this.#link = link;
    this.#window = window;
    this.#clock = clock;
    this.#lookMs = confirmTimeoutMs / looksInTime;
    this.#unwatch = link.watch((state) => (state === "down" ? undefined : this.#pump()));
    this.#pump();
  }

  /** Resolves when all are confirmed, with those that no queue took: only where `mandatory` is set. */
  send(messages: readonly Outgoing[]): Promise<readonly Outgoing[]> {
    if (messages.length === 0) return Promise.resolve([]);
    if (this.#closed) return Promise.reject(refusals.closed());
    return new Promise((resolve, reject) => {
      const left = messages.length;
      this.#queue.push({
        messages,
        sent: 0,
        left,
        error: undefined,
        looks: 0,
        resolve,
        reject,
        returned: [],
      });
      this.#pump();
    });
  }

  /** To queues of ours, for good: rejects when one of them is gone, as the server then drops what it confirms. */
  async store(messages: readonly Outgoing[]): Promise<void> {
    for (const { properties } of messages) properties.mandatory = true;
    const [returned] = await this.send(messages);
    if (returned) throw queueGone(returned.key);
  }

  /** Waits for what is under way, as long as there is a connection that takes it. */
  async close(): Promise<void> {
    this.#closed = true;
    while ((this.#queue.length > 0 || this.#under.size > 0) && this.#sender && !this.#link.blocked) {
      await new Promise<void>((resolve) => this.#idle.push(resolve));
    }
    this.#unwatch();
    this.#looking?.();
    // It ends with its connection: a server that does not read would not answer a goodbye.
    this.#sender = undefined;
    for (const batch of this.#under) batch.reject(connectionLost());
    this.#under.clear();
    for (const batch of this.#queue.splice(0)) batch.reject(refusals.closed());
  }

  #pump(): void {
    const sender = this.#sender;
    if (!sender) {
      this.#open();
      return;
    }
    if (this.#link.blocked) {
      if (this.#closed) this.#notifyIdle();
      return;
    }
    // What cannot be written is settled at once, in this very loop.
    if (this.#pumping) return;
    this.#pumping = true;
    while (this.#outstanding < this.#window && this.#sender === sender) {
      const batch = this.#queue[0];
      if (!batch) break;
      this.#write(sender, batch);
      if (batch.sent === batch.messages.length) this.#queue.shift();
    }
    sender.flush();
    this.#pumping = false;
    if (!this.#sender) this.#open();
  }

  /** As much of a batch as the window allows. */
  #write(sender: Sender, batch: Batch): void {
    this.#under.add(batch);
    this.#looking ??= this.#clock.after(this.#lookMs, () => this.#look());
    const confirmed = (error: Error | null): void => {
      this.#outstanding -= 1;
      batch.looks = 0;
      if (error?.message === "message nacked") batch.error ??= notTaken();
      else if (error) batch.error ??= this.#gone(sender);
      this.#settled(batch);
    };
    const until = Math.min(batch.messages.length, batch.sent + this.#window - this.#outstanding);
    for (; batch.sent < until; batch.sent++) {
      this.#outstanding += 1;
      try {
        sender.publish(batch.messages[batch.sent] as Outgoing, confirmed);
      } catch (error) {
        this.#outstanding -= 1;
        batch.error ??=
          this.#sender === sender && isTooLarge(error) ? headersTooLarge() : brokerError(error, "publishing");
        this.#settled(batch);
      }
    }
  }

  #settled(batch: Batch): void {
    batch.left -= 1;
    if (batch.left === 0) {
      this.#under.delete(batch);
      if (batch.error) batch.reject(batch.error);
      else batch.resolve(batch.returned);
      if (this.#under.size === 0) this.#notifyIdle();
    }
    if (this.#queue.length > 0 && this.#outstanding < this.#window) this.#pump();
  }

  #gone(sender: Sender): Error {
    if (this.#sender === sender) this.#sender = undefined;
    return this.#cause ? brokerError(this.#cause, "publishing", "write") : connectionLost();
  }

  #notifyIdle(): void {
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** Makes a channel; gives up on what waits when there is no connection in time. */
  #open(): void {
    if (this.#opening || this.#closed) return;
    if (this.#queue.length === 0 && !this.#link.up) return;
    this.#opening = true;
    this.#link.confirmChannel().then(
      (channel) => {
        this.#opening = false;
        this.#use(channel);
      },
      (error: unknown) => {
        this.#opening = false;
        for (const batch of this.#queue.splice(0)) batch.reject(brokerError(error, "publishing"));
      },
    );
  }

  #use(channel: ConfirmChannel): void {
    if (this.#closed) {
      void channel.close().catch(() => undefined);
      return;
    }
    const sender = new Sender(channel);
    this.#channel = channel;
    this.#sender = sender;
    this.#cause = undefined;
    channel.on("error", (error) => {
      this.#cause = error;
    });
    channel.on("return", (message) => this.#returned(message));
    channel.on("close", () => this.#lost(sender));
    this.#pump();
  }

  /** Whether the server still confirms what is under way. */
  #look(): void {
    this.#looking = undefined;
    for (const batch of this.#under) batch.looks = this.#link.blocked ? 0 : batch.looks + 1;
    if ([...this.#under].some(({ looks }) => looks > looksInTime)) void this.#giveUp();
    if (this.#under.size > 0) this.#looking = this.#clock.after(this.#lookMs, () => this.#look());
  }

  /** What is never confirmed would keep the window full. The next channel waits for the end of this one, for the order of messages. */
  async #giveUp(): Promise<void> {
    const [channel, sender] = [this.#channel, this.#sender];
    if (!channel || !sender) return;
    this.#cause = unconfirmed();
    this.#opening = true;
    this.#lost(sender);
    await goodbye(channel);
    this.#opening = false;
    this.#pump();
  }

  /** Its unconfirmed messages have been told already; what was sent in part has not. */
  #lost(sender: Sender): void {
    if (this.#sender !== undefined && this.#sender !== sender) return;
    const error = this.#gone(sender);
    for (const batch of this.#under) {
      if (this.#queue[0] === batch) this.#queue.shift();
      batch.reject(error);
    }
    this.#under.clear();
    this.#outstanding = 0;
    this.#notifyIdle();
    if (this.#queue.length > 0) this.#pump();
  }

  /** Comes before the confirmation of the message. Its offset, in `app-id`, says which one it is. */
  #returned({ properties, fields }: Message): void {
    const appId: unknown = properties.appId;
    for (const batch of this.#under) {
      const found = batch.messages.find(
        ({ key, properties: sent }) => key === fields.routingKey && sent.appId === appId,
      );
      if (found) batch.returned.push(found);
    }
  }
}

function isTooLarge(error: unknown): boolean {
  return (
    error instanceof RangeError ||
    (error instanceof Error && /header|too large|out of range/i.test(error.message))
  );
}
