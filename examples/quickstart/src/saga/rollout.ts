import { CompensateError, type Duration, retry, saga } from "@meshwright/core";
import { alertRaised, releaseFinished, releaseStarted, scanFinished, scanRequested } from "./events.js";

const gateway = {
  shift: async (id: string, percent: number, _options: { key: string; signal: AbortSignal }) =>
    console.log(`${id}: ${percent} %`),
};

/** How long each share of the traffic is watched. */
const watch: Duration = "50ms";

export const rollout = saga(
  "rollout",
  { startedBy: releaseStarted, key: (event) => event.data.id, events: [scanFinished, alertRaised] },
  async (run, start) => {
    const { id } = start.data;
    // request
    const scan = await run.request(scanRequested, { id }, { reply: scanFinished, timeout: "10m" });
    if (!scan) return run.fail("no scan in ten minutes");
    // end request
    // signal
    if (scan.data.critical > 0) {
      const waiver = await run.signal<{ readonly by: string }>("waive", { timeout: "1d" });
      if (!waiver) return run.fail("critical findings, and nobody waived them");
    }
    // end signal
    for (const percent of [10, 100]) {
      // step
      await run.step(
        `shift-${percent}`,
        ({ idempotencyKey, signal }) => gateway.shift(id, percent, { key: idempotencyKey, signal }),
        {
          retry: retry({ immediate: 2, delayed: ["5s", "1m"] }), // 5 attempts in all
          timeout: "30s", // of each
          compensate: ({ idempotencyKey, signal }) => gateway.shift(id, 0, { key: idempotencyKey, signal }),
        },
      );
      // end step
      // compensate
      const alert = await run.waitFor(alertRaised, { where: { data: { id } }, timeout: watch });
      if (alert) throw new CompensateError(`alert: ${alert.data.text}`);
      // end compensate
    }
    await run.publish(releaseFinished, { id });
    return "finished";
  },
);
