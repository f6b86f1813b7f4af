/**
 * The connections to consume by. One has 2,047 channels, unless the server says otherwise: where many groups are in one process
 * there is another one when all are full.
 */
import type { Cancel } from "@meshwright/core/adapter";
import type { Link } from "./link.js";

/** Of a connection's channels. The rest is for what is replaced: a channel has its number until the server has let it go. */
const share = 3 / 4;

interface Place {
  readonly link: Link;
  /** So many channels are somebody's. */
  taken: number;
  /** It has been up. Before that nothing is lost. */
  begun: boolean;
}

/** Room on a connection. */
export interface Seat {
  readonly link: Link;
  leave(): void;
}

export class Consuming {
  readonly #make: () => Link;
  readonly #changed: (cause: unknown) => void;
  readonly #places: Place[] = [];
  readonly #watches: Cancel[] = [];

  /** @param changed - one of them is up, or down, for this reason */
  constructor(make: () => Link, changed: (cause: unknown) => void) {
    this.#make = make;
    this.#changed = changed;
    this.#add();
  }

  /** The first one; rejects with the reason when there is none. */
  open(): Promise<void> {
    return (this.#places[0] as Place).link.open();
  }

  /** Where there is room for so many channels. The connection need not be there yet. */
  take(channels: number): Seat {
    const free = ({ link, taken }: Place): boolean =>
      taken === 0 || taken + channels <= link.mostChannels * share;
    let place = this.#places.find(free);
    if (!place) {
      place = this.#add();
      place.link.start();
    }
    const { link } = place;
    place.taken += channels;
    let here: Place | undefined = place;
    return {
      link,
      leave: () => {
        if (here) here.taken -= channels;
        here = undefined;
      },
    };
  }

  /** Whether none of them is lost. */
  get up(): boolean {
    return this.#places.every(({ link, begun }) => link.up || !begun);
  }

  nudge(): void {
    for (const { link } of this.#places) link.nudge();
  }

  async close(): Promise<void> {
    for (const unwatch of this.#watches.splice(0)) unwatch();
    await Promise.all(this.#places.map(({ link }) => link.close()));
  }

  #add(): Place {
    const place: Place = { link: this.#make(), taken: 0, begun: false };
    const unwatch = place.link.watch((state, cause) => {
      if (state === "up") place.begun = true;
      this.#changed(cause);
    });
    this.#watches.push(unwatch);
    this.#places.push(place);
    return place;
  }
}
