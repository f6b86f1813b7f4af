/**
 * The connections to consume by. One has 2,047 channels, unless the server says otherwise: where many groups are in one process
 * there is another one when all are full.
 */
import type { Link } from "./link.js";

/** Of a connection's channels. The rest is for what is replaced: a channel has its number until the server has let it go. */
const share = 3 / 4;

interface Shared {
  readonly link: Link;
  /** So many of its channels are somebody's. */
  taken: number;
  /** It has been up. Before that nothing is lost. */
  begun: boolean;
}

/** Channels of a connection that are somebody's until they are given back. */
export interface Room {
  readonly link: Link;
  giveBack(): void;
}

export class ConsumingLinks {
  readonly #make: () => Link;
  readonly #all: Shared[] = [];
  #changed: (cause: unknown) => void = () => undefined;

  constructor(make: () => Link) {
    this.#make = make;
    this.#add();
  }

  /** The first one; rejects with the reason when there is none. */
  open(): Promise<void> {
    return (this.#all[0] as Shared).link.open();
  }

  /** Calls back when one of them is up, or down, for this reason. */
  watch(changed: (cause: unknown) => void): void {
    this.#changed = changed;
  }

  /** Room for so many channels. The connection need not be there yet. */
  take(channels: number): Room {
    const shared = this.#all.find((one) => hasRoom(one, channels)) ?? this.#start();
    shared.taken += channels;
    return {
      link: shared.link,
      giveBack: () => {
        shared.taken -= channels;
      },
    };
  }

  /** Whether none of them is lost. */
  get up(): boolean {
    return this.#all.every(({ link, begun }) => link.up || !begun);
  }

  nudge(): void {
    for (const { link } of this.#all) link.nudge();
  }

  async close(): Promise<void> {
    await Promise.all(this.#all.map(({ link }) => link.close()));
  }

  #start(): Shared {
    const shared = this.#add();
    shared.link.start();
    return shared;
  }

  #add(): Shared {
    const shared: Shared = { link: this.#make(), taken: 0, begun: false };
    shared.link.watch((state, cause) => {
      if (state === "up") shared.begun = true;
      this.#changed(cause);
    });
    this.#all.push(shared);
    return shared;
  }
}

/** One that nobody has yet takes whoever comes, however few channels the server allows. */
function hasRoom({ link, taken }: Shared, channels: number): boolean {
  return taken === 0 || taken + channels <= link.mostChannels * share;
}
