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
}
