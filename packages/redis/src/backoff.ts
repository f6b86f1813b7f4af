/** Waits between attempts, longer each time, until one succeeds. */
const firstMs = 20;
const longestMs = 1_000;

export class Backoff {
  #ms = 0;
  #end: () => void = () => undefined;

  /** Whether the last attempt succeeded, as far as is known. */
  get fresh(): boolean {
    return this.#ms === 0;
  }

  succeeded(): void {
    this.#ms = 0;
  }

  async wait(): Promise<void> {
    this.#ms = Math.min(Math.max(this.#ms * 2, firstMs), longestMs);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#ms);
      this.#end = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Ends a wait before its time. */
  end(): void {
    this.#end();
  }
}
