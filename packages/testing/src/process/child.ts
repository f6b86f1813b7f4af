/**
 * The other end of `forkBroker`: builds the broker from the author's module and does what the parent asks. Ends as
 * soon as the parent is gone.
 */
import {
  type Broker,
  type DeadLetterShelf,
  type Delivery,
  type HistoryReader,
  type Inspector,
  type Settlement,
  type Subscription,
  silentLogger,
  systemClock,
} from "@meshwright/core/adapter";
import { type Answer, type Call, packError, type Request } from "./protocol.js";

type FullBroker = Broker & HistoryReader & DeadLetterShelf & Inspector;
type Create = (options: unknown) => Broker | Promise<Broker>;

interface Open {
  readonly iterator: AsyncIterator<readonly unknown[]>;
  readonly subscription: Subscription | undefined;
}

const open = new Map<number, Open>();
const held = new Map<number, Delivery>();
let numbers = 0;

function answer(message: Answer): void {
  if (process.connected) process.send?.(message);
}

async function load(file: string): Promise<Create> {
  const loaded = (await import(file)) as { create?: Create; default?: Create | { create?: Create } };
  const create =
    loaded.create ?? (typeof loaded.default === "function" ? loaded.default : loaded.default?.create);
  if (create === undefined)
    throw new Error(`${file} exports neither a function "create" nor a default function.`);
  return create;
}

function keep(iterator: AsyncIterator<readonly unknown[]>, subscription?: Subscription): number {
  numbers++;
  open.set(numbers, { iterator, subscription });
  return numbers;
}

function find(number: number): Open {
  const found = open.get(number);
  if (found === undefined) throw new Error(`There is no iterator ${number}.`);
  return found;
}

async function next(number: number): Promise<unknown> {
  const { iterator, subscription } = find(number);
  const step = await iterator.next();
  if (step.done === true) return { done: true };
  if (subscription === undefined) return { done: false, value: step.value };
  const value = (step.value as readonly Delivery[]).map((delivery) => {
    numbers++;
    held.set(numbers, delivery);
    forgetOldest();
    return { number: numbers, delivery };
  });
  return { done: false, value };
}

/** Settled ones are kept for a while, so that a test may settle them again; not for ever. */
function forgetOldest(): void {
  if (held.size <= 100_000) return;
  const oldest = held.keys().next();
  if (oldest.done !== true) held.delete(oldest.value);
}

async function settle(call: Call & { method: "settle" }): Promise<void> {
  const settlements = call.settlements.map((one) => {
    const delivery = held.get(one.delivery);
    if (delivery === undefined) throw new Error("A delivery was settled that this process never handed out.");
    return { ...one, delivery } as unknown as Settlement;
  });
  await find(call.iterator).subscription?.settle(settlements);
}

async function run(broker: FullBroker, call: Call): Promise<unknown> {
  switch (call.method) {
    case "open":
      return broker.open({
        namespace: call.namespace,
        service: call.service,
        clock: systemClock,
        logger: silentLogger,
        report: (report) => answer({ kind: "report", report: plainReport(report) }),
      });
    case "subscribe": {
      const subscription = await broker.subscribe(...(call.args as Parameters<Broker["subscribe"]>));
      return keep(subscription[Symbol.asyncIterator](), subscription);
    }
    case "history":
      return keep(
        broker.history(...(call.args as Parameters<HistoryReader["history"]>))[Symbol.asyncIterator](),
      );
    case "deadLetters":
      return keep(
        broker
          .deadLetters(...(call.args as Parameters<DeadLetterShelf["deadLetters"]>))
          [Symbol.asyncIterator](),
      );
    case "settle":
      return settle(call);
    case "next":
      return next(call.iterator);
    case "return":
      return void (await find(call.iterator).iterator.return?.());
    case "leave":
      return find(call.iterator).subscription?.close();
    case "publish":
      return broker.publish(...(call.args as Parameters<Broker["publish"]>));
    case "redrive":
      return broker.redrive(...(call.args as Parameters<DeadLetterShelf["redrive"]>));
    case "purge":
      return broker.purge(...(call.args as Parameters<DeadLetterShelf["purge"]>));
    case "inspect":
      return broker.inspect();
    case "close":
      return broker.close();
  }
}

/** Causes may be anything; only what can be cloned may travel. */
function plainReport<R extends { readonly kind: string }>(report: R): R {
  return "cause" in report ? { ...report, cause: String(report.cause) } : report;
}

async function main(): Promise<void> {
  process.on("disconnect", () => process.exit(0));
  const [file = "", options = "null"] = process.argv.slice(2);
  const broker = (await (await load(file))(JSON.parse(options))) as FullBroker;
  process.on("message", ({ id, call }: Request) => {
    run(broker, call).then(
      (value) => answer({ kind: "value", id, value }),
      (error: unknown) => answer({ kind: "error", id, error: packError(error) }),
    );
  });
  answer({ kind: "ready", name: broker.name, capabilities: { ...broker.capabilities } });
}

main().catch((error: unknown) => {
  answer({ kind: "failed", error: packError(error) });
  process.disconnect?.();
});
