import type { Broker, WireMessage } from "../broker/contract.js";
import { type ContentMode, encode } from "../codec/codec.js";
import { isLocal, LocalEvent } from "../codec/local-event.js";
import type { MeshEvent } from "../event/event.js";

export interface Addressing {
  readonly key: string;
  readonly deliverAt: number | undefined;
}

/** How events become messages for one broker. */
export type ToMessage = (event: MeshEvent, addressing: Addressing) => WireMessage;

/** Where the broker keeps message objects, their text is written only if somebody asks for it. */
export function messageWriter(mode: ContentMode, { keepsMessages = false }: Broker): ToMessage {
  const write: ToMessage = (event, addressing) => written(event, addressing, mode);
  if (!keepsMessages || mode !== "structured") return write;
  return (event, addressing) =>
    isLocal(event) ? new LocalMessage(event, addressing) : write(event, addressing);
}

/** Whether the body is longer than so many bytes. A UTF-16 unit takes at most three, so most texts need no counting. */
export function exceeds(message: WireMessage, limit: number): boolean {
  if (message instanceof LocalEvent && message.units * 3 <= limit) return false;
  const { body } = message;
  if (typeof body !== "string") return body.byteLength > limit;
  return body.length > limit || (body.length * 3 > limit && Buffer.byteLength(body) > limit);
}

class LocalMessage extends LocalEvent implements WireMessage {
  readonly key: string;
  declare readonly deliverAt?: number;

  constructor(event: MeshEvent, { key, deliverAt }: Addressing) {
    super(event);
    this.key = key;
    if (deliverAt !== undefined) this.deliverAt = deliverAt;
  }
}

function written(event: MeshEvent, { key, deliverAt }: Addressing, mode: ContentMode): WireMessage {
  const { id, type } = event;
  const { contentType, headers, body } = encode(event, mode);
  const message = { id, type, key, contentType, headers, body };
  return deliverAt === undefined ? message : { ...message, deliverAt };
}
