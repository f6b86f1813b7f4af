import { isBusy } from "./errors.js";

/**
 * Runs it, again and again while another process or the handle's owner has the lock. The event loop stays free.
 *
 * @param busyMs - how long to go on trying; then it rejects with what SQLite said
 * @param pauseMs - the longest pause between two tries
 */
export async function untilFree<T>(busyMs: number, run: () => T, pauseMs = 20): Promise<T> {
  const until = Date.now() + busyMs;
  for (;;) {
    try {
      return run();
    } catch (error) {
      if (!isBusy(error) || Date.now() >= until) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 1 + Math.random() * (pauseMs - 1)));
  }
}
