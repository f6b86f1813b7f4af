import type { Clock } from "../clock/clock.js";

/** Something changed. Each `wait` names the version it has seen, so that no signal between look and wait is lost. */
export class Signal {
  #version = 0;
  #waiting: (() => void)[] = [];

  get version(): number {
    return this.#version;
  }

  notify(): void {
    this.#version += 1;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async wait(seen: number): Promise<void> {
    if (seen === this.#version) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Waits no longer than `ms`; then that counts as a change for all who wait. */
  async waitAtMost(seen: number, ms: number, clock: Clock): Promise<void> {
    const cancel = clock.after(ms, () => this.notify());
    await this.wait(seen);
    cancel();
  }
}
