import { LocalEvent } from "../../codec/local-event.js";
import type { Queue } from "../../util/queue.js";
import type { Delivery, Failure, WireMessage } from "../contract.js";
import type { Entry } from "./log.js";

/** Who can hold messages. `own` lists the keys it holds of which more is waiting. */
export interface Holder {
  readonly own: Queue<KeyState>;
}

/** What is known of earlier deliveries of a message to the group. */
export interface Past {
  /** Deliveries counted so far. */
  readonly attempts: number;
  /** What the last retry said. */
  readonly failure: Failure | undefined;
  /** When it was first delivered. */
  readonly firstAt: number;
}

/** A message that came back to the group, waiting to be handed over again. */
export interface Returned extends Omit<Past, "firstAt"> {
  readonly entry: Entry;
  /** Undefined for a redriven one that was not delivered since. */
  readonly firstAt: number | undefined;
}

/** What waits behind a key: a returned message, or the offset of one never handed over. */
export type Waiting = Returned | number;

/** What a keyed group knows about a key, for as long as something of it is held or waiting. */
export class KeyState {
  readonly name: string;
  holder: Holder | undefined = undefined;
  /** How many messages of it the holder has. */
  held = 0;
  /** How many retries of it wait for their time. While there is one, nothing of the key is handed over. */
  retrying = 0;
  /** Came back, in order; all of it before anything parked. */
  returned: Returned[] | undefined = undefined;
  parked: Queue<Waiting> | undefined = undefined;
  /** The list it stands in to be served. Any other list it is found in is out of date. */
  listed: Queue<KeyState> | undefined = undefined;

  constructor(name: string) {
    this.name = name;
  }

  get waiting(): boolean {
    return (this.returned !== undefined && this.returned.length > 0) || (this.parked?.size ?? 0) > 0;
  }
}

/** A delivery, and where it is held. A new one is made for every attempt, so an old one can be told apart. */
export class HeldDelivery implements Delivery {
  readonly message: WireMessage;
  readonly attempt: number;
  readonly storedAt: number;
  declare readonly lastFailure?: Failure;
  /** Below: the broker's own, not in the contract. */
  readonly entry: Entry;
  readonly key: KeyState;
  readonly firstAt: number;
  holder: Holder | undefined;
  /** Its index among what the holder holds. */
  slot = 0;
  /** A retry of it was asked for and could not be recorded: its key waits until it is settled or lost. */
  suspended = false;

  constructor(entry: Entry, key: KeyState, holder: Holder, past: Past) {
    this.message = isolated(entry.message);
    this.attempt = past.attempts + 1;
    this.storedAt = entry.storedAt;
    this.entry = entry;
    this.key = key;
    this.firstAt = past.firstAt;
    this.holder = holder;
    if (past.failure !== undefined) this.lastFailure = past.failure;
  }

  get offset(): string {
    return String(this.entry.offset);
  }
}

/** The message with bytes of its own, so that nobody changes what others receive. */
export function isolated(message: WireMessage): WireMessage {
  if (message instanceof LocalEvent) return message;
  return typeof message.body === "string" ? message : { ...message, body: Uint8Array.from(message.body) };
}
