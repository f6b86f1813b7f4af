/** A broker whose deliveries and settlements are written into the ledger on their way. */
import type { Broker } from "@meshwright/core";
import type { BrokerContext, Delivery, Settlement, Subscription } from "@meshwright/core/adapter";
import { service } from "../groups.js";
import type { Delivered, Settled, Write } from "../ledger.js";
import { nowMs } from "../time.js";

export function recorded(broker: Broker, write: Write): Broker {
  /** How many settlements came too late, by group. */
  const stale = new Map<string, number>();
  return {
    name: broker.name,
    // Nobody here asks it for more than the contract has.
    capabilities: { ...broker.capabilities, replay: false, deadLetters: false, inspection: false },
    open: (context) => broker.open(counting(context, stale)),
    publish: (channel, messages) => broker.publish(channel, messages),
    close: () => broker.close(),
    async subscribe(request) {
      const subscription = await broker.subscribe(request);
      const { group } = request;
      return recordedSubscription(subscription, {
        group: group.slice(service.length + 1),
        stale: () => stale.get(group) ?? 0,
        write,
      });
    },
  };
}

function counting(context: BrokerContext, stale: Map<string, number>): BrokerContext {
  return {
    ...context,
    report(report) {
      if (report.kind === "stale-settlement")
        stale.set(report.group, (stale.get(report.group) ?? 0) + report.count);
      context.report(report);
    },
  };
}

interface Recorder {
  readonly group: string;
  readonly write: Write;
  stale(): number;
}

function recordedSubscription(subscription: Subscription, { group, stale, write }: Recorder): Subscription {
  return {
    async settle(settlements) {
      const [askedAt, staleBefore] = [nowMs(), stale()];
      await subscription.settle(settlements);
      if (stale() > staleBefore) return;
      for (const outcome of ["ack", "retry", "release", "deadLetter"] as const) {
        const all = named(settlements, outcome);
        if (all.length > 0) write({ kind: "settled", at: nowMs(), askedAt, group, outcome, all });
      }
    },
    close: () => subscription.close(),
    [Symbol.asyncIterator]() {
      const batches = subscription[Symbol.asyncIterator]();
      const seen = (batch: readonly Delivery[]): void => {
        if (batch.length > 0)
          write({ kind: "delivered", at: nowMs(), group, all: batch.map(nameOfDelivery) });
      };
      return {
        next: async () => lookedAtLater(await batches.next(), seen),
        return: async () => (await batches.return?.()) ?? { value: undefined, done: true },
      };
    },
  };
}

type Step = IteratorResult<readonly Delivery[]>;

/** Hands a batch on without looking at it: what of it may be seen is decided in the moment the mesh does. */
function lookedAtLater(step: Step, seen: (batch: readonly Delivery[]) => void): Step {
  if (step.done) return step;
  let batch: readonly Delivery[] | undefined;
  return {
    done: false,
    get value(): readonly Delivery[] {
      if (batch === undefined) {
        batch = step.value;
        seen(batch);
      }
      return batch;
    },
  };
}

function named(settlements: readonly Settlement[], outcome: Settled): Delivered[] {
  return settlements.filter((one) => one.outcome === outcome).map(({ delivery }) => nameOfDelivery(delivery));
}

function nameOfDelivery({ message, attempt }: Delivery): Delivered {
  return [message.id, attempt];
}
