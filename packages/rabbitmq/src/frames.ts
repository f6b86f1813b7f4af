/**
 * Messages to publish as the bytes of AMQP 0-9-1 (2.3.5, 4.2), many in one piece: amqplib makes five buffers of each. What is
 * unusual is left to amqplib: properties and headers that are neither text nor whole numbers, and what does not fit.
 */
import type { Outgoing } from "./outgoing.js";
import { isEmpty } from "./wire.js";

const chunkBytes = 64 * 1024;
const [methodFrame, headerFrame, bodyFrame, frameEnd] = [1, 2, 3, 0xce];
/** Of a frame: its type, channel and size before, its end after. */
const frameOverhead = 8;
const [classBasic, methodPublish] = [60, 40];
/** All that a message takes besides its texts and its body's bytes. */
const mostFixed = 128;
/** Of a header besides its texts: two lengths and a kind, or a kind and a number. */
const mostOfHeader = 16;
const persistent = 2;

/** In the order of the specification: the bit that says that a property is there. */
const texts = [
  ["contentType", 0x8000],
  ["appId", 0x0008],
] as const;
const [headersBit, deliveryModeBit] = [0x2000, 0x1000];
const plain: ReadonlySet<string> = new Set([
  ...texts.map(([name]) => name),
  "headers",
  "persistent",
  "mandatory",
]);

export class Frames {
  readonly #channel: number;
  readonly #frameMax: number;
  #bytes: Buffer = Buffer.alloc(0);
  /** What has been added and not taken is from here on. */
  #start = 0;
  #at = 0;
  readonly #full: Buffer[] = [];

  /** @param frameMax - as negotiated with the server, in bytes */
  constructor(channel: number, frameMax: number) {
    this.#channel = channel;
    this.#frameMax = frameMax;
  }

  /** Returns false, and adds nothing, when it is to be left to amqplib. */
  add(message: Outgoing): boolean {
    if (!isPlain(message.properties)) return false;
    this.#reserve(mostBytes(message, this.#frameMax));
    const before = this.#at;
    if (this.#method(message) && this.#header(message)) {
      this.#body(message.body);
      return true;
    }
    this.#at = before;
    return false;
  }

  /** All that has been added, in pieces of whole messages: amqplib lets channels take turns after each. */
  take(): readonly Buffer[] {
    return [...this.#full.splice(0), ...this.#written()];
  }

  /** What was written since it was asked for last. */
  #written(): Buffer[] {
    const [from, to] = [this.#start, this.#at];
    this.#start = to;
    return to > from ? [this.#bytes.subarray(from, to)] : [];
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return;
    this.#full.push(...this.#written());
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(bytes, chunkBytes));
    this.#start = 0;
    this.#at = 0;
  }

  #method({ exchange, key, properties }: Outgoing): boolean {
    const start = this.#begin(methodFrame);
    this.#u16(classBasic);
    this.#u16(methodPublish);
    this.#u16(0);
    if (!this.#shortText(exchange) || !this.#shortText(key)) return false;
    this.#u8(properties.mandatory ? 1 : 0);
    return this.#end(start);
  }

  #header({ body, properties }: Outgoing): boolean {
    const start = this.#begin(headerFrame);
    this.#u16(classBasic);
    this.#u16(0);
    this.#u32(0);
    this.#u32(body.length);
    const flagsAt = this.#at;
    this.#u16(0);
    let flags = 0;
    const { headers } = properties;
    for (const [name, bit] of texts) {
      const text = properties[name];
      if (text !== undefined) {
        flags |= bit;
        if (!this.#shortText(text)) return false;
      }
      if (name !== "contentType") continue;
      if (headers !== undefined && !isEmpty(headers)) {
        flags |= headersBit;
        if (!this.#table(headers)) return false;
      }
      if (properties.persistent) {
        flags |= deliveryModeBit;
        this.#u8(persistent);
      }
    }
    this.#bytes.writeUInt16BE(flags, flagsAt);
    return this.#end(start);
  }

  #body(body: Buffer): void {
    const most = this.#frameMax - frameOverhead;
    for (let from = 0; from < body.length; from += most) {
      const start = this.#begin(bodyFrame);
      this.#at += body.copy(this.#bytes, this.#at, from, Math.min(body.length, from + most));
      this.#end(start);
    }
  }

  #begin(type: number): number {
    this.#u8(type);
    this.#u16(this.#channel);
    this.#at += 4;
    return this.#at;
  }

  /** Returns whether the frame is one that the server takes. */
  #end(start: number): boolean {
    const size = this.#at - start;
    this.#bytes.writeUInt32BE(size, start - 4);
    this.#u8(frameEnd);
    return size + frameOverhead <= this.#frameMax;
  }

  #table(headers: Readonly<Record<string, unknown>>): boolean {
    const sizeAt = this.#at;
    this.#u32(0);
    for (const name in headers) {
      const value = headers[name];
      if (value === undefined) continue;
      if (!this.#shortText(name)) return false;
      if (typeof value === "string") {
        this.#u8(0x53);
        const length = this.#bytes.write(value, this.#at + 4);
        this.#u32(length);
        this.#at += length;
      } else if (Number.isSafeInteger(value)) {
        this.#u8(0x6c);
        this.#at = this.#bytes.writeBigInt64BE(BigInt(value as number), this.#at);
      } else return false;
    }
    this.#bytes.writeUInt32BE(this.#at - sizeAt - 4, sizeAt);
    return true;
  }

  #shortText(text: string): boolean {
    const length = this.#bytes.write(text, this.#at + 1);
    if (length > 255) return false;
    this.#u8(length);
    this.#at += length;
    return true;
  }

  #u8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #u16(value: number): void {
    this.#at = this.#bytes.writeUInt16BE(value, this.#at);
  }

  #u32(value: number): void {
    this.#at = this.#bytes.writeUInt32BE(value, this.#at);
  }
}

function isPlain(properties: Outgoing["properties"]): boolean {
  for (const name in properties) {
    if (!plain.has(name) && properties[name as keyof Outgoing["properties"]] !== undefined) return false;
  }
  return true;
}

/** More than a message can take: a character takes at most three bytes. */
function mostBytes({ exchange, key, body, properties }: Outgoing, frameMax: number): number {
  let characters = exchange.length + key.length;
  let fixed = mostFixed;
  for (const [name] of texts) characters += properties[name]?.length ?? 0;
  for (const name in properties.headers) {
    const value: unknown = properties.headers[name];
    characters += name.length + (typeof value === "string" ? value.length : 0);
    fixed += mostOfHeader;
  }
  const frames = Math.ceil(body.length / (frameMax - frameOverhead));
  return fixed + 3 * characters + body.length + frames * frameOverhead;
}
