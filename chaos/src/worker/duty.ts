/** How a process of a run starts, answers and ends, whatever it does. */

/** Asked of a process: to stop in good order, or to answer "alive" when it has next done its work. */
export type Order = "stop" | "alive?";
export type Answer = "ready" | "alive";

export interface Duty<Settings> {
  readonly settings: Settings;
  /** Says that it does its work now. */
  ready(): void;
  /** Whether it was asked to stop. */
  stopping(): boolean;
  /** Resolves when it is asked to stop. */
  readonly stopped: Promise<void>;
  /** Called whenever the process has done a piece of its work. */
  worked(): void;
}

/**
 * Runs this process until its work has ended, or its parent is gone.
 *
 * @param work - ends soon after it was asked to stop
 */
export async function onDuty<Settings>(work: (duty: Duty<Settings>) => Promise<void>): Promise<void> {
  let asked = false;
  const stopped = new Promise<void>((resolve) => {
    onOrder("stop", () => {
      asked = true;
      resolve();
    });
  });
  let curious = false;
  onOrder("alive?", () => {
    curious = true;
  });
  process.once("disconnect", () => process.exit());
  await work({
    settings: JSON.parse(process.argv[2] ?? "") as Settings,
    ready: () => answer("ready"),
    stopping: () => asked,
    stopped,
    worked() {
      if (curious) answer("alive");
      curious = false;
    },
  });
  process.exit();
}

function onOrder(order: Order, act: () => void): void {
  process.on("message", (message) => {
    if (message === order) act();
  });
}

function answer(text: Answer): void {
  process.send?.(text);
}
