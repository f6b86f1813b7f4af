/** The open connections of one broker, one to publish and others to consume: what it does between `open` and `close`. */
import {
  type BrokerContext,
  type DeadLetterRecord,
  type HistoryEntry,
  type HistoryRequest,
  refusals,
  type Subscription,
  type SubscriptionRequest,
  typeFilter,
  type WireMessage,
} from "@meshwright/core/adapter";
import { Channels } from "./channels.js";
import { ConsumingLinks } from "./consuming-links.js";
import { apply } from "./declare.js";
import { brokerError, connectionLost } from "./errors.js";
import { ensureGroup } from "./groups.js";
import { readHistory } from "./history.js";
import { Limit } from "./limit.js";
import { Link } from "./link.js";
import type { MemberParts } from "./member.js";
import { deadName, groupName } from "./names.js";
import type { Settings } from "./options.js";
import { OrderedSubscription } from "./ordered.js";
import type { SessionParts } from "./parts.js";
import { Publisher } from "./publisher.js";
import { checkRights } from "./rights.js";
import { listShelf, purgeFrom, redriveFrom } from "./shelf.js";
import { formatTopology } from "./topology.js";
import { UnorderedSubscription } from "./unordered.js";

/** Each keeps the server busy for a while, and has some channels for that long. */
const [mostJoining, channelsOfJoining] = [16, 8];
/** Of a member's own, and one for a moment. */
const channelsOfMember = { key: 3, none: 3 } as const;

export class Session {
  readonly #settings: Settings;
  readonly #context: BrokerContext;
  readonly #consuming: ConsumingLinks;
  readonly #publishing: Link;
  readonly #publisher: Publisher;
  readonly #channels: Channels;
  readonly #subscriptions: Set<Subscription> = new Set();
  readonly #joining: Set<Promise<Subscription>> = new Set();
  readonly #joinsAtOnce: Limit;
  #connected = true;
  #closed = false;

  static async open(settings: Settings, context: BrokerContext): Promise<Session> {
    const { clock, logger, service } = context;
    const link = (use: string): Link =>
      new Link({ settings, clock, logger, name: `meshwright:${service}:${use}` });
    const publishing = link("publish");
    const consuming = new ConsumingLinks(() => link("consume"));
    try {
      await Promise.all([publishing.open(), consuming.open()]);
      await apply(publishing, formatTopology, settings.topology);
    } catch (error) {
      await Promise.all([publishing.close(), consuming.close()]);
      throw error;
    }
    return new Session(settings, context, { publishing, consuming });
  }

  private constructor(
    settings: Settings,
    context: BrokerContext,
    { publishing, consuming }: { readonly publishing: Link; readonly consuming: ConsumingLinks },
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#publishing = publishing;
    this.#consuming = consuming;
    const joinsWithRoom = Math.floor(publishing.mostChannels / channelsOfJoining);
    this.#joinsAtOnce = new Limit(Math.max(1, Math.min(mostJoining, joinsWithRoom)));
    this.#publisher = new Publisher(publishing, settings, context.clock);
    this.#channels = new Channels({
      settings,
      namespace: context.namespace,
      link: publishing,
      consuming,
      publisher: this.#publisher,
      clock: context.clock,
      logger: context.logger,
    });
    publishing.watch((_, cause) => this.#connection(cause));
    consuming.watch((cause) => this.#connection(cause));
  }

  publish(channel: string, messages: readonly WireMessage[]): Promise<void> {
    return this.#channels.publish(channel, messages);
  }

  async subscribe(request: SubscriptionRequest): Promise<Subscription> {
    const joining = this.#joinsAtOnce.run(() => this.#subscribe(request));
    this.#joining.add(joining);
    try {
      return await joining;
    } finally {
      this.#joining.delete(joining);
    }
  }

  async #subscribe(request: SubscriptionRequest): Promise<Subscription> {
    if (!Number.isInteger(request.prefetch) || request.prefetch < 1) {
      throw refusals.prefetchInvalid(request.prefetch);
    }
    const room = this.#consuming.take(channelsOfMember[request.ordering]);
    let past: boolean;
    try {
      await room.link.model();
      await this.#channels.ensure(request.channel);
      past = await ensureGroup(this.#parts, request);
      await checkRights(this.#parts, request);
      this.#channels.watchLater(request.channel);
    } catch (error) {
      room.giveBack();
      throw brokerError(error, "subscribing");
    }
    let subscription: Subscription;
    const parts = this.#memberParts(request, past, room.link, () => {
      room.giveBack();
      this.#subscriptions.delete(subscription);
    });
    subscription =
      request.ordering === "key" ? new OrderedSubscription(parts) : new UnorderedSubscription(parts);
    this.#subscriptions.add(subscription);
    return subscription;
  }

  history(request: HistoryRequest): AsyncGenerator<readonly HistoryEntry[]> {
    return readHistory(this.#parts, request);
  }

  deadLetters(group: string): AsyncGenerator<readonly DeadLetterRecord[]> {
    return listShelf(this.#parts, group);
  }

  redrive(group: string, ids: readonly string[]): Promise<number> {
    return redriveFrom(this.#parts, group, ids);
  }

  purge(group: string, ids: readonly string[]): Promise<number> {
    return purgeFrom(this.#parts, group, ids);
  }

  async close(): Promise<void> {
    this.#closed = true;
    // What a subscribe that is under way makes ends as well.
    await this.#patiently(Promise.allSettled([...this.#joining]));
    await Promise.allSettled([...this.#subscriptions].map((subscription) => subscription.close()));
    await this.#patiently(this.#channels.close());
    await this.#publisher.close();
    await Promise.all([this.#publishing.close(), this.#consuming.close()]);
  }

  get #parts(): SessionParts {
    const { namespace, clock } = this.#context;
    return { settings: this.#settings, namespace, clock, link: this.#publishing, publisher: this.#publisher };
  }

  #memberParts(request: SubscriptionRequest, past: boolean, link: Link, closed: () => void): MemberParts {
    const { clock, logger, namespace } = this.#context;
    const settings = this.#settings;
    let stop: () => void = () => undefined;
    return {
      settings,
      request,
      past,
      name: groupName(namespace, request.channel, request.group),
      shelf: {
        queue: deadName(namespace, request.group),
        channel: request.channel,
        group: request.group,
        ordering: request.ordering,
      },
      link,
      publisher: this.#publisher,
      clock,
      logger,
      wanted: typeFilter(request.types),
      restore: () => this.#restore(request),
      report: (report) => this.#context.report(report),
      blocked: () => this.#publishing.blocked,
      patiently: (work) => this.#patiently(work),
      pause: (ms) =>
        new Promise((resolve) => {
          const cancel = clock.after(ms, resolve);
          stop = () => {
            cancel();
            resolve();
          };
        }),
      stop: () => stop(),
      closed,
    };
  }

  async #restore(request: SubscriptionRequest): Promise<void> {
    const { channel, group } = request;
    this.#channels.forget(channel);
    await this.#channels.ensure(channel);
    await ensureGroup(this.#parts, request);
    this.#context.report({ kind: "gap", channel, group, missed: undefined });
  }

  #patiently(work: Promise<unknown>): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const cancel = clock.after(this.#publishing.blocked ? 0 : this.#settings.timeoutMs, resolve);
      const done = (): void => {
        cancel();
        resolve();
      };
      work.then(done, done);
    });
  }

  /** Tells the mesh of the connections, as one. */
  #connection(cause: unknown): void {
    const connected = this.#publishing.up && this.#consuming.up;
    if (this.#consuming.up) this.#publishing.nudge();
    if (this.#publishing.up) this.#consuming.nudge();
    if (connected === this.#connected || this.#closed) return;
    this.#connected = connected;
    this.#context.report(
      connected ? { kind: "connected" } : { kind: "disconnected", cause: connectionLost(cause) },
    );
  }
}
