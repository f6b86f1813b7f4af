import type { Settlement, Subscription } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import type { Logger } from "../util/logger.js";

const firstBackoffMs = 10;
const longestBackoffMs = 1_000;

/**
 * The one place that settles. What is decided within a tick goes to the broker in one call; while the broker fails,
 * it is kept and tried again, so a decision is never lost as long as the process lives.
 */
export class Settler {
  #waiting: Settlement[] = [];
  #scheduled = false;
  readonly #underWay = new Set<Promise<void>>();
  /** Ends a wait before its time. */
  readonly #pauses = new Set<() => void>();
  #closed = false;

  constructor(
    private readonly subscription: Subscription,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Settles with the others of this tick. */
  add(settlement: Settlement): void {
    this.#waiting.push(settlement);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.flush());
  }

  /** Tells the broker at once, in the caller's stack. */
  flush(): void {
    this.#scheduled = false;
    if (this.#waiting.length === 0) return;
    const batch = this.#waiting;
    this.#waiting = [];
    const sending = this.#send(batch);
    this.#underWay.add(sending);
    void sending.then(() => this.#underWay.delete(sending));
  }

  /** Resolves when the broker has recorded everything added so far, or once `giveUp` was called. */
  async idle(): Promise<void> {
    this.flush();
    while (this.#underWay.size > 0) {
      await Promise.all([...this.#underWay]);
      this.flush();
    }
  }

  /** Stops trying: what the broker has not recorded it will deliver again. A call under way ends with the subscription. */
  giveUp(): void {
    this.#closed = true;
    for (const end of [...this.#pauses]) end();
  }

  /** Never rejects. */
  async #send(batch: readonly Settlement[]): Promise<void> {
    for (let wait = firstBackoffMs; !this.#closed; wait = Math.min(wait * 2, longestBackoffMs)) {
      try {
        await this.subscription.settle(batch);
        return;
      } catch (error) {
        if (this.#closed) return;
        const fields = { err: error, settlements: batch.length, retryInMs: wait };
        this.logger.warn(fields, "settling failed, will be tried again");
        await this.#pause(wait);
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#pauses.delete(end);
        cancel();
        resolve();
      };
      const cancel = this.clock.after(ms, end);
      this.#pauses.add(end);
    });
  }
}
