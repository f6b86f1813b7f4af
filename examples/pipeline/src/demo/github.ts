/**
 * The simulated GitHub: signs and sends what the plan says, sends again what was not confirmed, and keeps the ledger of
 * what it was told. It knows the gateway by its address alone.
 */
import { setTimeout as wait } from "node:timers/promises";
import { signGitHub } from "@meshwright/cdevents";
import type { Lane, Step } from "./plan.js";
import { post, type Reply, type Request } from "./wire.js";

/** What became of one step. */
export interface Entry {
  readonly step: Step;
  /** The delivery as it went out, where it was in order. */
  readonly sent: { readonly event: string; readonly delivery: string; readonly payload: unknown } | undefined;
  readonly reply: Reply;
  /** How often it had to be sent. */
  readonly attempts: number;
  /** When it was sent first and when it was answered, on a clock that only counts. */
  readonly began: number;
  readonly confirmed: number;
}

export interface GitHubOptions {
  readonly secret: string;
  /** Asked before every attempt: a restarted gateway may be elsewhere. */
  readonly url: () => string;
  readonly concurrency: number;
  /** Milliseconds between two steps of a lane. */
  readonly paceMs: number;
  readonly signal: AbortSignal;
}

const giveUpAfterMs = 60_000;

export class SimulatedGitHub {
  readonly ledger: Entry[] = [];
  readonly #bodies = new Map<string, { readonly event: string; readonly body: Buffer }>();
  #clock = 0;
  #open = 0;
  #resent = 0;

  constructor(private readonly options: GitHubOptions) {}

  /** Requests that wait for their answer. */
  get open(): number {
    return this.#open;
  }

  /** Attempts that were no use, and were repeated with the same delivery id. */
  get resent(): number {
    return this.#resent;
  }

  /** Sends everything; resolves when the last step is answered. */
  async play(lanes: readonly Lane[]): Promise<void> {
    const waiting = lanes.values();
    const sender = async (): Promise<void> => {
      for (const lane of waiting) await this.#playLane(lane);
    };
    await Promise.all(Array.from({ length: this.options.concurrency }, sender));
  }

  async #playLane(lane: Lane): Promise<void> {
    for (const step of lane) {
      const request = this.#requestOf(step);
      const began = this.#clock++;
      const { reply, attempts } = await this.#deliver(request);
      this.ledger.push({
        step,
        sent: step.kind === "delivery" ? this.#sent(step.delivery) : undefined,
        reply,
        attempts,
        began,
        confirmed: this.#clock++,
      });
      await wait(this.options.paceMs, undefined, { signal: this.options.signal });
    }
  }

  async #deliver(request: Request): Promise<{ readonly reply: Reply; readonly attempts: number }> {
    const deadline = Date.now() + giveUpAfterMs;
    for (let attempts = 1; ; attempts++) {
      const reply = await this.#attempt(request);
      // A server that is ill may get well; what it says about the request itself stays true.
      if (reply !== undefined && reply.status < 500) return { reply, attempts };
      if (Date.now() > deadline) throw new Error(`the gateway took nothing for ${giveUpAfterMs} ms`);
      this.#resent++;
      await wait(250, undefined, { signal: this.options.signal });
    }
  }

  async #attempt(request: Request): Promise<Reply | undefined> {
    this.options.signal.throwIfAborted();
    this.#open++;
    try {
      return await post(this.options.url(), request);
    } catch {
      return undefined;
    } finally {
      this.#open--;
    }
  }

  #requestOf(step: Step): Request {
    const { secret } = this.options;
    if (step.kind === "bad") return step.request(secret);
    const id = step.kind === "repeat" ? step.of : step.delivery;
    if (step.kind === "delivery") {
      this.#bodies.set(id, { event: step.event, body: Buffer.from(JSON.stringify(step.payload())) });
    }
    const { event, body } = this.#bodies.get(id) ?? { event: "", body: Buffer.alloc(0) };
    const signature = signGitHub({ secret, body });
    return {
      body,
      headers: { "x-github-event": event, "x-github-delivery": id, "x-hub-signature-256": signature },
    };
  }

  #sent(delivery: string): Entry["sent"] {
    const made = this.#bodies.get(delivery);
    if (made === undefined) return undefined;
    return { event: made.event, delivery, payload: JSON.parse(made.body.toString("utf8")) };
  }
}
