import { Queue } from "../../util/queue.js";
import type { Backlog, HandOver } from "./backlog.js";
import { type Holder, KeyState, type Returned } from "./delivery.js";

/** For `ordering: "none"`: whatever came back goes to whoever asks first. */
export class PlainBacklog implements Backlog {
  readonly #returned = new Queue<Returned>();
  readonly #noKey = new KeyState("");

  claim(): KeyState {
    return this.#noKey;
  }

  serve(_member: Holder, limit: number, handOver: HandOver): void {
    let left = limit;
    while (left > 0) {
      const returned = this.#returned.shift();
      if (returned === undefined) return;
      if (handOver(returned, this.#noKey)) left--;
    }
  }

  giveBack(returned: Returned): void {
    this.#returned.push(returned);
  }

  append(returned: Returned): void {
    this.#returned.push(returned);
  }

  due(returned: Returned): void {
    this.#returned.push(returned);
  }

  /** Until it is due only its alarm knows it. */
  delay(): void {}

  free(): void {}

  suspend(): void {}

  overtakes(): boolean {
    return false;
  }
}
