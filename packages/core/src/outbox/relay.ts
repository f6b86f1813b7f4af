/**
 * The way from the outbox to the broker: take -> publish -> end. Any number of relays may work on one outbox; the store
 * sees to it that each row is with one of them, and in order. A relay that dies anywhere repeats ids, and loses nothing.
 * This folder may import the layers below.
 */
import type { Broker } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import { BrokerError, nameOf } from "../errors/errors.js";
import type { BatchOutcome, Outbox, Refusal, WaitingRow } from "../store/contract.js";
import type { Logger } from "../util/logger.js";
import { Signal } from "../util/signal.js";

export interface RelayParts {
  readonly outbox: Outbox;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** How many rows are taken at a time: few at first, more while there are more. */
const [leastRows, mostRows] = [64, 1_024];
/** How long to wait before looking again when nothing said that there is something. */
const lookAgainMs = 20;
const [firstPauseMs, longestPauseMs] = [100, 5_000];

/** How a relay is doing. */
export interface RelayReport {
  /** "waiting": what it tried last has failed, and it tries again by itself. */
  readonly state: "running" | "waiting" | "stopped";
  /** Why it waits: the code of the error, or its name where it has none. */
  readonly reason?: string;
  /** Rows that it has published, and put on the shelf, since it began. */
  readonly published: number;
  readonly refused: number;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #signal: Signal = new Signal();
  readonly #unwatch: () => void;
  #limit: number = leastRows;
  /** The last batch was full. */
  #backlog = false;
  #pauseMs: number = firstPauseMs;
  #stopping = false;
  #endPause: () => void = () => undefined;
  readonly #running: Promise<void>;
  /** Why the last turn failed; undefined when it did not. */
  #failure: { readonly reason: string } | undefined;
  #published = 0;
  #refused = 0;

  constructor(parts: RelayParts) {
    this.#parts = parts;
    this.#unwatch = parts.outbox.watch(() => this.#signal.notify());
    this.#running = this.#run();
  }

  /** Ends the batch that is under way, and takes no more. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#unwatch();
    this.#signal.notify();
    this.#endPause();
    await this.#running;
  }

  report(): RelayReport {
    const counted = { published: this.#published, refused: this.#refused };
    if (this.#stopping) return { state: "stopped", ...counted };
    if (this.#failure === undefined) return { state: "running", ...counted };
    return { state: "waiting", ...this.#failure, ...counted };
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const seen = this.#signal.version;
      try {
        const found = await this.#turn();
        this.#failure = undefined;
        if (found === 0) await this.#changed(seen);
        this.#backlog = found >= this.#limit;
        if (this.#backlog) this.#limit = Math.min(2 * this.#limit, mostRows);
        this.#pauseMs = firstPauseMs;
      } catch (error) {
        await this.#backOff(error);
      }
    }
  }

  /** Where rows wait, the database takes one batch while the broker has the other. Returns how many there were. */
  async #turn(): Promise<number> {
    if (!this.#backlog) return this.#relay();
    const both = await Promise.allSettled([this.#relay(), this.#relay()]);
    const failed = both.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    return Math.max(...both.map((one) => (one.status === "fulfilled" ? one.value : 0)));
  }

  /** One batch, from the outbox to the broker. */
  async #relay(): Promise<number> {
    const batch = await this.#parts.outbox.take(this.#limit);
    if (batch === undefined) return 0;
    const { rows } = batch;
    const { published, refused, failure } = await this.#publish(rows);
    await batch.end({ published, refused });
    this.#published += published.length;
    this.#refused += refused.length;
    if (failure !== undefined) throw failure;
    return rows.length;
  }

  /** Channels do not wait for each other. */
  async #publish(rows: readonly WaitingRow[]): Promise<Published> {
    const results = await Promise.all(
      [...byChannel(rows)].map(([channel, part]) => this.#publishTo(channel, part)),
    );
    return {
      published: results.flatMap(({ published }) => published),
      refused: results.flatMap(({ refused }) => refused),
      failure: results.find(({ failure }) => failure !== undefined)?.failure,
    };
  }

  async #publishTo(channel: string, rows: readonly WaitingRow[]): Promise<Published> {
    try {
      await this.#parts.broker.publish(
        channel,
        rows.map(({ message }) => message),
      );
      return { published: rows.map(({ place }) => place), refused: [], failure: undefined };
    } catch (failure) {
      if (refusesMessage(failure)) return this.#oneByOne(channel, rows);
      return { published: [], refused: [], failure };
    }
  }

  /** One of them is refused for good: finds out which, and lets the others through. */
  async #oneByOne(channel: string, rows: readonly WaitingRow[]): Promise<Published> {
    const published: string[] = [];
    const refused: Refusal[] = [];
    for (const { place, message } of rows) {
      try {
        await this.#parts.broker.publish(channel, [message]);
        published.push(place);
      } catch (failure) {
        if (!refusesMessage(failure)) return { published, refused, failure };
        const { code, message: reason } = failure;
        this.#parts.logger.error(
          { channel, id: message.id, code },
          "the broker refuses an event of the outbox",
        );
        refused.push({ place, code, message: reason });
      }
    }
    return { published, refused, failure: undefined };
  }

  async #changed(seen: number): Promise<void> {
    const cancel = this.#parts.clock.after(lookAgainMs, () => this.#signal.notify());
    await this.#signal.wait(seen);
    cancel();
  }

  /** The database or the broker is away: looks again after a while, less and less often. */
  async #backOff(error: unknown): Promise<void> {
    if (this.#stopping) return;
    this.#failure = { reason: nameOf(error) };
    const { clock, logger } = this.#parts;
    logger.warn({ err: error, pauseMs: this.#pauseMs }, "the outbox could not be relayed, will try again");
    await new Promise<void>((resolve) => {
      const cancel = clock.after(this.#pauseMs, resolve);
      this.#endPause = () => {
        cancel();
        resolve();
      };
    });
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#limit = leastRows;
    this.#backlog = false;
  }
}

interface Published extends Required<BatchOutcome> {
  /** Why some were not; they wait again. */
  readonly failure: unknown;
}

function byChannel(rows: readonly WaitingRow[]): Map<string, WaitingRow[]> {
  const parts = new Map<string, WaitingRow[]>();
  for (const row of rows) {
    const part = parts.get(row.channel);
    if (part === undefined) parts.set(row.channel, [row]);
    else part.push(row);
  }
  return parts;
}

/** What the broker will never take. Anything else may go away. */
function refusesMessage(error: unknown): error is BrokerError {
  return error instanceof BrokerError && error.about === "message";
}
