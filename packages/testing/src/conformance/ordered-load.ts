import assert from "node:assert/strict";
import type { Broker, Delivery, Settlement, WireMessage } from "@meshwright/core/adapter";
import type { ConformanceEnv } from "./env.js";
import type { Handle, Member } from "./member.js";
import { failure, message } from "./messages.js";

/** What is known of one key: how far it was handled, how far that is confirmed, and who is at it now. */
interface KeyTrack {
  handled: number;
  confirmed: number;
  holder: Member | undefined;
}

/** Messages over several keys, handled by members that fail at random, with every step checked against B5. */
export interface OrderedLoad {
  readonly messages: readonly WireMessage[];
  /** Adds a member that handles one batch after the other: key by key, releasing the rest of a key together with its retry. */
  join(broker: Broker): Promise<Member>;
  /** Adds a member that asks for more while it handles, and settles what a tick brought in one call, as a mesh does. */
  joinBusy(broker: Broker): Promise<Member>;
  /** Ends a member's process. What it was doing counts no more. */
  kill(broker: Broker, member: Member): Promise<void>;
  /** Whether everything is handled and confirmed. */
  done(): boolean;
  /** Waits until everything is handled and confirmed. */
  finish(): Promise<void>;
}

/** Makes a load of `count` messages over `keys` keys. */
export function orderedLoad(env: ConformanceEnv, keys: number, count: number): OrderedLoad {
  const { random } = env;
  const dead = new Set<Member>();
  let delays = false;
  const place = new Map<string, number>();
  const tracks = new Map<string, KeyTrack>();
  const perKey = new Map<string, number>();
  const messages = Array.from({ length: count }, () => {
    const key = `key-${random.int(1, keys)}`;
    const index = perKey.get(key) ?? 0;
    perKey.set(key, index + 1);
    tracks.set(key, { handled: -1, confirmed: -1, holder: undefined });
    const one = message({ key });
    place.set(one.id, index);
    return one;
  });

  const track = (delivery: Delivery): KeyTrack => {
    const found = tracks.get(delivery.message.key);
    assert.ok(found, `a key arrived that was never published: ${delivery.message.key}`);
    return found;
  };
  const indexOf = (delivery: Delivery): number => place.get(delivery.message.id) ?? Number.NaN;

  /** What B5 says about beginning to handle this delivery now. */
  const begin = (delivery: Delivery, member: Member): void => {
    const state = track(delivery);
    const index = indexOf(delivery);
    const told = `${delivery.message.key}[${index}], attempt ${delivery.attempt}, seed ${random.seed}`;
    assert.ok(index <= state.handled + 1, `${told} came before ${state.handled + 1} was settled`);
    assert.ok(index > state.confirmed, `${told} came again after its settlement was confirmed`);
    const other = state.holder;
    assert.ok(
      other === undefined || other === member || dead.has(other),
      `${told} is handled by two members at once`,
    );
    state.holder = member;
  };

  const settle = async (member: Member, settlements: readonly Settlement[]): Promise<boolean> => {
    try {
      await member.settle(settlements);
      return true;
    } catch (error) {
      if (dead.has(member)) return false;
      throw error;
    }
  };

  /** Handles what a batch brought of one key; false when the member has died. */
  const handleKey = async (deliveries: readonly Delivery[], member: Member): Promise<boolean> => {
    for (const [at, delivery] of deliveries.entries()) {
      begin(delivery, member);
      await env.pass(random.int(0, 3));
      if (dead.has(member)) return false;
      const state = track(delivery);
      if (delivery.attempt < 4 && random.chance(0.25)) {
        state.holder = undefined;
        const rest = deliveries
          .slice(at + 1)
          .map((later) => ({ delivery: later, outcome: "release" as const }));
        const delayMs = delays && random.chance(0.5) ? random.int(1, 30) : 0;
        return settle(member, [{ delivery, outcome: "retry", delayMs, failure }, ...rest]);
      }
      state.handled = Math.max(state.handled, indexOf(delivery));
      if (at === deliveries.length - 1) state.holder = undefined;
      if (!(await settle(member, [{ delivery, outcome: "ack" }]))) return false;
      state.confirmed = Math.max(state.confirmed, indexOf(delivery));
    }
    return true;
  };

  /** What one busy member has before it, by key, and what it has not said yet. */
  const busy = (): Handle => {
    const queues = new Map<string, Delivery[]>();
    let unsaid: Settlement[] = [];
    const say = (member: Member): void => {
      const settlements = unsaid;
      unsaid = [];
      const acked = settlements.filter(({ outcome }) => outcome === "ack");
      void settle(member, settlements).then((settled) => {
        for (const { delivery } of settled ? acked : []) {
          const state = track(delivery);
          state.confirmed = Math.max(state.confirmed, indexOf(delivery));
        }
      }, env.fault);
    };
    const add = (member: Member, settlements: readonly Settlement[]): void => {
      if (unsaid.length === 0) setImmediate(() => say(member));
      unsaid.push(...settlements);
    };
    /** Gives back all that is here of a key, the first of it with a retry if it was begun. */
    const giveBack = (key: string, queue: readonly Delivery[], member: Member, begun: boolean): void => {
      queues.delete(key);
      const [first] = queue;
      if (first) track(first).holder = undefined;
      const delayMs = delays && random.chance(0.5) ? random.int(1, 30) : 0;
      const settlements = queue.map((delivery, at): Settlement => {
        if (begun && at === 0) return { delivery, outcome: "retry", delayMs, failure };
        return { delivery, outcome: "release" };
      });
      add(member, settlements);
      say(member);
    };
    const work = async (key: string, queue: Delivery[], member: Member): Promise<void> => {
      for (let delivery = queue[0]; delivery !== undefined; delivery = queue[0]) {
        if (random.chance(0.05)) return giveBack(key, queue, member, false);
        begin(delivery, member);
        await env.pass(random.int(0, 3));
        if (dead.has(member)) return;
        if (delivery.attempt < 4 && random.chance(0.25)) return giveBack(key, queue, member, true);
        queue.shift();
        const state = track(delivery);
        state.handled = Math.max(state.handled, indexOf(delivery));
        if (queue.length === 0) state.holder = undefined;
        add(member, [{ delivery, outcome: "ack" }]);
      }
      queues.delete(key);
    };
    return (batch, member) => {
      for (const [key, deliveries] of byKey(batch)) {
        const queue = queues.get(key);
        if (queue) queue.push(...deliveries);
        else {
          queues.set(key, deliveries);
          work(key, deliveries, member).catch(env.fault);
        }
      }
    };
  };

  const handle: Handle = async (batch, member) => {
    for (const deliveries of byKey(batch).values()) if (!(await handleKey(deliveries, member))) return;
  };

  const done = (): boolean => [...perKey].every(([key, length]) => tracks.get(key)?.confirmed === length - 1);

  const join = (broker: Broker, handling: Handle): Promise<Member> => {
    delays = broker.capabilities.delayedRetry;
    return env.member(broker, { prefetch: random.int(1, 12) }, handling);
  };

  return {
    messages,
    done,
    join: (broker) => join(broker, handle),
    joinBusy: (broker) => join(broker, busy()),
    async kill(broker, member) {
      dead.add(member);
      await env.crash(broker);
    },
    async finish() {
      await env.eventually("every key is handled to its end", done);
    },
  };
}

function byKey(batch: readonly Delivery[]): ReadonlyMap<string, Delivery[]> {
  const groups = new Map<string, Delivery[]>();
  for (const delivery of batch) {
    const group = groups.get(delivery.message.key);
    if (group === undefined) groups.set(delivery.message.key, [delivery]);
    else group.push(delivery);
  }
  return groups;
}
