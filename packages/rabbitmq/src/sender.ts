/** The way out of a channel with confirmations: what is published in a row is written in one piece. */
import type { ConfirmChannel } from "amqplib";
import { Frames } from "./frames.js";
import type { Outgoing } from "./outgoing.js";

type Confirmed = (error: Error | null) => void;

/** What amqplib has and does not declare: its own `publish` is made of these. */
interface Inside {
  /** Its number. */
  readonly ch: number;
  readonly connection: {
    readonly frameMax: number;
    /** By number; null when it is gone. All that a channel writes goes through its buffer. */
    readonly channels: readonly (Place | null | undefined)[];
  };
  /** In the order of publishing. */
  pushConfirmCallback(confirmed: Confirmed): void;
}

interface Place {
  readonly channel: unknown;
  readonly buffer: { write(bytes: Buffer): boolean };
}

export class Sender {
  readonly #channel: ConfirmChannel & Inside;
  readonly #frames: Frames;

  constructor(channel: ConfirmChannel) {
    this.#channel = channel as ConfirmChannel & Inside;
    this.#frames = new Frames(this.#channel.ch, this.#channel.connection.frameMax);
  }

  /** It is written by the next `flush`. Throws when it cannot be written at all, or the channel is gone. */
  publish(message: Outgoing, confirmed: Confirmed): void {
    if (this.#frames.add(message)) {
      this.#channel.pushConfirmCallback(confirmed);
      return;
    }
    this.flush();
    this.#channel.publish(message.exchange, message.key, message.body, message.properties, confirmed);
  }

  flush(): void {
    const { connection, ch } = this.#channel;
    const place = connection.channels[ch];
    const written = this.#frames.take();
    // Its number may have gone to another channel.
    if (place?.channel === this.#channel) for (const bytes of written) place.buffer.write(bytes);
  }
}
