/**
 * The way out: intercept -> validate -> encode -> broker. This folder turns a type, data and options into a message
 * on its channel. It may import the layers below: event, schema, codec, broker.
 */
import type { Broker, WireMessage } from "../broker/contract.js";
import type { Clock } from "../clock/clock.js";
import type { ContentMode } from "../codec/codec.js";
import { ConfigurationError, MeshError } from "../errors/errors.js";
import { checkEvent } from "../event/check.js";
import type { MeshEvent } from "../event/event.js";
import type { Catalog } from "../schema/catalog.js";
import type { CompiledDefinition } from "../schema/compiled.js";
import type { OutboxRow, Transaction } from "../store/contract.js";
import { durationMs } from "../util/duration.js";
import { type ClaimCheck, withoutData } from "./claim-check.js";
import { type Cause, eventFactory } from "./draft.js";
import { EventDataError, UnknownTypeError } from "./errors.js";
import { exceeds, messageWriter, type ToMessage } from "./message.js";
import type { PublishOptions } from "./options.js";
import { Outgoing } from "./outgoing.js";

/** What a plugin sees of a publish, beside the event. */
export interface PublishContext {
  readonly channel: string;
  /** The event being handled, when this one is published from a handler. */
  readonly cause: MeshEvent | undefined;
}

/**
 * Wraps each publish. Hand `next` the event, changed or not; it resolves once the broker has confirmed it. Not calling
 * `next` makes the publish reject: an event is never dropped in silence.
 */
export type PublishMiddleware = (
  event: MeshEvent,
  context: PublishContext,
  next: (event: MeshEvent) => Promise<void>,
) => Promise<void>;

export interface PublisherOptions {
  readonly service: string;
  readonly catalog: Catalog;
  readonly broker: Broker;
  readonly clock: Clock;
  readonly mode: ContentMode;
  readonly maxEventBytes: number;
  readonly dataref: ClaimCheck | undefined;
  readonly middleware: readonly PublishMiddleware[];
}

/** An event that has been built and checked, and where it goes. */
export interface Prepared {
  readonly event: MeshEvent;
  readonly channel: string;
  readonly key: string;
  readonly deliverAt: number | undefined;
  /** As it travels; made later where plugins or the claim check have a say first. */
  readonly message: WireMessage | undefined;
}

export class Publisher {
  readonly #channels = new Map<string, Outgoing>();
  /** What is on its way into each transaction; never rejects. */
  readonly #storing = new WeakMap<Transaction, Promise<void>>();
  readonly #draft: ReturnType<typeof eventFactory>;
  readonly #toMessage: ToMessage;

  constructor(private readonly options: PublisherOptions) {
    this.#draft = eventFactory(options.service, options.clock);
    this.#toMessage = messageWriter(options.mode, options.broker);
  }

  /** Builds and checks an event. Throws when it cannot be published as it is. */
  prepare(type: string, data: unknown, options: PublishOptions, cause?: Cause): Prepared {
    const entry = this.options.catalog.entry(type);
    if (entry === undefined) throw new UnknownTypeError(type);
    const event = this.#draft(type, data, options, cause);
    return this.#checked(event, entry.definition.channel, options);
  }

  /** Checks an event that exists already, such as one that came from elsewhere, and leaves it as it is. */
  adopt(
    event: MeshEvent,
    options: { readonly channel?: string; readonly key?: string; readonly delay?: PublishOptions["delay"] },
  ): Prepared {
    const channel = options.channel ?? this.options.catalog.entry(event.type)?.definition.channel;
    if (channel === undefined) throw new UnknownTypeError(event.type);
    return this.#checked(event, channel, options);
  }

  /** Sends what was prepared, in order; resolves when all of it is confirmed. */
  async send(prepared: readonly Prepared[], cause?: MeshEvent): Promise<void> {
    if (this.#isIndirect) {
      await Promise.all(prepared.map((one) => this.#sendThrough(one, cause)));
    } else {
      await Promise.all(
        [...byChannel(prepared)].map(([channel, part]) => this.#outgoing(channel).send(part)),
      );
    }
  }

  /** Adds what was prepared to the outbox of a transaction, in order, and in the order of calls. */
  async store(prepared: readonly Prepared[], tx: Transaction, cause?: MeshEvent): Promise<void> {
    const before = this.#storing.get(tx);
    const done = this.#rows(prepared, cause).then(async (rows) => {
      await before;
      if (rows.length > 0) await tx.append(rows);
    });
    this.#storing.set(
      tx,
      done.catch(() => before),
    );
    await done;
  }

  #rows(prepared: readonly Prepared[], cause: MeshEvent | undefined): Promise<OutboxRow[]> {
    return Promise.all(
      prepared.map(async (one): Promise<OutboxRow> => {
        const message = one.message ?? (await this.#messageOf(one, cause));
        return { channel: one.channel, message };
      }),
    );
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    await Promise.all([...this.#channels.values()].map((outgoing) => outgoing.idle()));
  }

  #checked(
    event: MeshEvent,
    channel: string,
    options: { readonly key?: string; readonly delay?: PublishOptions["delay"] },
  ): Prepared {
    const entry = this.options.catalog.entry(event.type);
    const verdict = entry?.validate(event);
    if (verdict !== undefined && !verdict.ok) throw new EventDataError(event.type, verdict.issues);
    const key =
      options.key ??
      event.partitionkey ??
      keyOf(entry, event, verdict?.data) ??
      event.subject ??
      event.source;
    const deliverAt = this.#deliverAt(options.delay);
    if (this.#isIndirect) {
      checkEvent(event);
      return { event, channel, key, deliverAt, message: undefined };
    }
    const message = this.#within(this.#toMessage(event, { key, deliverAt }));
    return { event, channel, key, deliverAt, message };
  }

  /** Whether plugins or the claim check stand between an event and its message. */
  get #isIndirect(): boolean {
    return this.options.middleware.length > 0 || this.options.dataref !== undefined;
  }

  #deliverAt(delay: PublishOptions["delay"]): number | undefined {
    if (delay === undefined) return undefined;
    if (!this.options.broker.capabilities.delayedPublish) {
      throw new ConfigurationError(
        "CAPABILITY_MISSING",
        `publish: the ${this.options.broker.name} broker cannot delay a publish. Leave out \`delay\`, or choose a broker that can.`,
      );
    }
    return this.options.clock.now() + durationMs(delay, "publish: delay");
  }

  /** The slow path: plugins and the claim check may take their time; the place in the order is taken first. */
  async #sendThrough(prepared: Prepared, cause: MeshEvent | undefined): Promise<void> {
    const slot = this.#outgoing(prepared.channel).reserve();
    try {
      await this.#through(prepared, cause, async (event) => {
        slot.fill(await this.#encodedOrClaimed({ ...prepared, event }));
        await slot.sent;
      });
    } finally {
      slot.giveUp();
    }
  }

  /** As plugins and the claim check make it. */
  async #messageOf(prepared: Prepared, cause: MeshEvent | undefined): Promise<WireMessage> {
    let message: WireMessage | undefined;
    await this.#through(prepared, cause, async (event) => {
      message = await this.#encodedOrClaimed({ ...prepared, event });
    });
    return message as WireMessage;
  }

  /** Hands the event from plugin to plugin, and to `leaf` at the end. */
  async #through(
    prepared: Prepared,
    cause: MeshEvent | undefined,
    leaf: (event: MeshEvent) => Promise<void>,
  ): Promise<void> {
    let forwarded = false;
    const step = (i: number, event: MeshEvent): Promise<void> => {
      const middleware = this.options.middleware[i];
      if (middleware !== undefined) {
        return middleware(event, { channel: prepared.channel, cause }, (changed) => step(i + 1, changed));
      }
      forwarded = true;
      return leaf(event);
    };
    await step(0, prepared.event);
    if (!forwarded) {
      throw new MeshError(
        "PUBLISH_NOT_FORWARDED",
        `A publish plugin did not call next for an event of type ${prepared.event.type}. Call it, or throw to refuse the event.`,
      );
    }
  }

  async #encodedOrClaimed(prepared: Prepared): Promise<WireMessage> {
    const { dataref, maxEventBytes } = this.options;
    const message = this.#toMessage(prepared.event, prepared);
    if (dataref === undefined || !exceeds(message, maxEventBytes)) return this.#within(message);
    const event = withoutData(prepared.event, await dataref.store(prepared.event));
    return this.#within(this.#toMessage(event, prepared));
  }

  #within(message: WireMessage): WireMessage {
    const limit = Math.min(
      this.options.maxEventBytes,
      this.options.broker.capabilities.maxBodyBytes ?? Infinity,
    );
    if (!exceeds(message, limit)) return message;
    throw new MeshError(
      "EVENT_TOO_LARGE",
      `An event of type ${message.type} is larger than the limit of ${limit} bytes. Store its payload elsewhere through the mesh option \`dataref\`, or raise \`maxEventBytes\`.`,
    );
  }

  #outgoing(channel: string): Outgoing {
    let outgoing = this.#channels.get(channel);
    if (outgoing === undefined) {
      outgoing = new Outgoing(this.options.broker, channel);
      this.#channels.set(channel, outgoing);
    }
    return outgoing;
  }
}

/** The definition's key function sees the event as handlers do: with the data as the schema made it. */
function keyOf(entry: CompiledDefinition | undefined, event: MeshEvent, data: unknown): string | undefined {
  return entry?.definition.key?.(data === event.data ? event : { ...event, data });
}

function byChannel(prepared: readonly Prepared[]): Map<string, WireMessage[]> {
  const parts = new Map<string, WireMessage[]>();
  for (const { channel, message } of prepared) {
    if (message === undefined) continue;
    const part = parts.get(channel);
    if (part === undefined) parts.set(channel, [message]);
    else part.push(message);
  }
  return parts;
}
