/**
 * What a conformance case works with: brokers in a namespace of its own, members, crashes, and waiting.
 */
import { randomUUID } from "node:crypto";
import {
  type Broker,
  BrokerError,
  type BrokerReport,
  type Clock,
  type StartPosition,
  type SubscriptionRequest,
  silentLogger,
  systemClock,
} from "@meshwright/core/adapter";
import { type ForkedBroker, forkBroker } from "../process/fork-broker.js";
import { eventually } from "../waiting.js";
import { type Handle, Member } from "./member.js";
import type { ConformanceOptions } from "./options.js";
import { createRandom, type Random } from "./random.js";
import { startTicker } from "./ticker.js";

export interface OpenOptions {
  readonly namespace?: string;
  create?(): Broker | Promise<Broker>;
}

type RequestFields = Partial<SubscriptionRequest>;

/** One case's world. Made before it, disposed of after it. */
export interface ConformanceEnv {
  readonly options: ConformanceOptions;
  /** This case's namespace, random. */
  readonly namespace: string;
  readonly random: Random;
  readonly clock: Clock;
  readonly leaseMs: number;
  readonly backlog: number;
  /** A new, opened connection. */
  broker(options?: OpenOptions): Promise<Broker>;
  /** A new, opened connection that `crash` can kill. */
  mortal(): Promise<Broker>;
  crash(broker: Broker): Promise<void>;
  /** Closes a broker, and with it its members. */
  close(broker: Broker): Promise<void>;
  /** Freezes the process of a forked broker, and lets it go on. */
  freeze(broker: Broker): void;
  thaw(broker: Broker): void;
  restart(): Promise<void>;
  /** What the broker reported so far. */
  reports(broker: Broker): readonly BrokerReport[];
  /** A full request; by default key order where the broker has it. */
  request(broker: Broker, fields?: RequestFields): SubscriptionRequest;
  /** A member that iterates at once. */
  member(broker: Broker, fields?: RequestFields, handle?: Handle): Promise<Member>;
  /** Makes a group exist, without a member. */
  group(broker: Broker, fields?: RequestFields): Promise<void>;
  /** Fails the case with this, where nobody awaits what went wrong. */
  fault(error: unknown): void;
  /** Waits for a condition; fails when the deadline passes. */
  eventually<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | null | undefined>>;
  /** Does it again until it resolves: for calls that may reject while a server is away. */
  insist<T>(what: string, call: () => Promise<T>): Promise<T>;
  /** Waits for a call; fails when the deadline passes first. */
  within<T>(what: string, call: Promise<T>): Promise<T>;
  /** Lets so much time go by: for leases and delays that have to pass. */
  pass(ms: number): Promise<void>;
}

/** Builds a case's world; `dispose` closes everything in it, and rejects when a broker does not close. */
export function createEnv(options: ConformanceOptions): ConformanceEnv & { dispose(): Promise<void> } {
  const deadlineMs = options.deadlineMs ?? 20_000;
  const open = new Set<Broker>();
  const forks = new Map<Broker, ForkedBroker>();
  const reported = new Map<Broker, BrokerReport[]>();
  const members = new Map<Broker, Member[]>();
  const faults: unknown[] = [];
  const ticker = startTicker(options.clock);
  const namespace = `test-${randomUUID()}`;
  const clock = options.clock ?? systemClock;

  const check = (): void => {
    if (faults.length > 0) throw new Error("A subscription broke off.", { cause: faults[0] });
  };
  const wait: ConformanceEnv["eventually"] = (what, condition) => {
    const checked = (): ReturnType<typeof condition> => {
      check();
      return condition();
    };
    return eventually(what, checked, { deadlineMs, ...ticker });
  };

  const within = async <T>(what: string, call: Promise<T>): Promise<T> => {
    let settled = false;
    const end = (): void => {
      settled = true;
    };
    call.then(end, end);
    await eventually(`${what} settles`, () => settled, { deadlineMs, ...ticker });
    return call;
  };

  const start = async (broker: Broker, space: string): Promise<Broker> => {
    const reports: BrokerReport[] = [];
    reported.set(broker, reports);
    open.add(broker);
    const context = {
      namespace: space,
      service: "conformance",
      clock,
      logger: silentLogger,
      report: (report: BrokerReport): void => void reports.push(report),
    };
    await within("open", broker.open(context));
    return broker;
  };

  const expectEnd = (broker: Broker): void => {
    for (const member of members.get(broker) ?? []) member.expectEnd();
  };

  const request = (broker: Broker, fields: RequestFields = {}): SubscriptionRequest => ({
    channel: "orders",
    group: "billing",
    ordering: broker.capabilities.keyOrder ? "key" : "none",
    from: "latest" as StartPosition,
    prefetch: 100,
    ...fields,
  });

  const env: ConformanceEnv = {
    options,
    namespace,
    random: createRandom(options.seed ?? 1),
    clock,
    leaseMs: options.leaseMs ?? 1_000,
    backlog: options.backlog ?? 5_000,
    broker: async (given = {}) =>
      start(await (given.create ?? options.create)(), given.namespace ?? namespace),
    async mortal() {
      if (options.fork === undefined) return env.broker();
      const broker = await forkBroker(options.fork);
      forks.set(broker, broker);
      return start(broker, namespace);
    },
    async close(broker) {
      expectEnd(broker);
      await within("close", broker.close());
    },
    async crash(broker) {
      expectEnd(broker);
      open.delete(broker);
      const forked = forks.get(broker);
      await (forked ? forked.kill() : options.crash?.(broker));
    },
    freeze: (broker) => forks.get(broker)?.stop(),
    thaw: (broker) => forks.get(broker)?.resume(),
    async restart() {
      await options.restart?.();
    },
    reports: (broker) => reported.get(broker) ?? [],
    request,
    async member(broker, fields, handle) {
      const full = request(broker, fields);
      const subscription = await within("subscribe", broker.subscribe(full));
      const member = new Member(subscription, full, env, handle);
      members.set(broker, [...(members.get(broker) ?? []), member]);
      return member;
    },
    async group(broker, fields) {
      const subscription = await within("subscribe", broker.subscribe(request(broker, fields)));
      await within("Subscription.close", subscription.close());
    },
    fault: (error) => void faults.push(error),
    eventually: wait,
    within,
    async insist(what, call) {
      const done = await wait(`${what} succeeds`, () =>
        within(what, call()).then(
          (value) => [value] as const,
          () => undefined,
        ),
      );
      return done[0];
    },
    async pass(ms) {
      const until = clock.now() + ms;
      await eventually(`${ms} ms pass`, () => clock.now() >= until, {
        deadlineMs: ms + deadlineMs,
        ...ticker,
      });
    },
  };

  const closeAll = async (): Promise<void> => {
    for (const broker of members.keys()) expectEnd(broker);
    const closing = [...open].map((broker) => broker.close());
    for (const one of await within("Broker.close", Promise.allSettled(closing)))
      if (one.status === "rejected" && !isGone(one.reason)) throw one.reason;
  };
  return Object.assign(env, {
    async dispose() {
      try {
        await closeAll();
      } finally {
        await ticker.stop();
        for (const forked of forks.values()) await forked.kill();
      }
    },
  });
}

/** A forked broker whose process has ended has nothing left to close. */
function isGone(error: unknown): boolean {
  return error instanceof BrokerError && error.code === "FORK_ENDED";
}
