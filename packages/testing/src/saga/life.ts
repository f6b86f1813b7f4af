/**
 * The life of a process that can end at any moment. What it calls goes through `call`; once it is dead, no call is done or
 * answered, and no timer of it fires. Imports the clock's interface from the core, no more.
 */
import type { Cancel, Clock } from "@meshwright/core/adapter";

export class Life {
  /** Resolves when it ends. */
  readonly died: Promise<void>;
  /** Calls that have begun so far, and steps that have begun and ended: while it grows, something moves. */
  activity = 0;
  /** Calls of `awaited` objects that are under way. */
  pending = 0;
  #isDead = false;
  #die: () => void = () => undefined;

  constructor() {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  end(): void {
    this.#isDead = true;
    this.#die();
  }

  /** Passes on a promise of the world outside, as long as it lives. */
  async hear<T>(promise: Promise<T>): Promise<T> {
    try {
      const value = await promise;
      return this.#isDead ? await never() : value;
    } catch (error) {
      if (this.#isDead) return never();
      throw error;
    } finally {
      this.activity += 1;
    }
  }

  clock(clock: Clock): Clock {
    const after = (ms: number, run: () => void): Cancel => {
      if (this.#isDead) return () => undefined;
      return clock.after(ms, () => {
        if (!this.#isDead) run();
      });
    };
    return { now: () => clock.now(), after };
  }

  /**
   * An object of the world outside, as this process has it.
   *
   * @param isAwaited - whether its calls end by themselves, so that there is no rest before they have
   */
  link<T extends object>(outside: T, isAwaited: boolean, own: Partial<T> = {}): T {
    return new Proxy(outside, {
      get: (target, name) => {
        if (Object.hasOwn(own, name)) return Reflect.get(own, name);
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value === "function")
          return (...args: unknown[]) => this.#call(() => Reflect.apply(value, target, args), isAwaited);
        return isObject(value) ? this.link(value, isAwaited) : value;
      },
    });
  }

  #call(work: () => unknown, isAwaited: boolean): unknown {
    if (this.#isDead) return never();
    this.activity += 1;
    const result = work();
    if (!(result instanceof Promise)) return this.#linked(result, isAwaited);
    if (!isAwaited) return this.hear(result).then((value) => this.#linked(value, isAwaited));
    this.pending += 1;
    return this.hear(result.finally(() => this.#answered())).then((value) => this.#linked(value, isAwaited));
  }

  #answered(): void {
    this.pending -= 1;
  }

  /** Subscriptions and iterators are of the world outside as well. */
  #linked(result: unknown, isAwaited: boolean): unknown {
    const isLive = isObject(result) && (Symbol.asyncIterator in result || "next" in result);
    return isLive ? this.link(result, isAwaited) : result;
  }
}

export function never(): Promise<never> {
  return new Promise(() => undefined);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
