import { CompensateError, defineCatalog, defineEvent, retry, type Saga, saga, typed } from "@meshwright/core";

export const published = defineEvent("com.acme.artifact.published.v1", {
  schema: typed<{ readonly digest: string }>({}),
});
export const scanRequested = defineEvent("com.acme.scan.requested.v1", {
  schema: typed<{ readonly digest: string }>({}),
});
export const scanFinished = defineEvent("com.acme.scan.finished.v1", {
  schema: typed<{ readonly digest: string; readonly critical: number }>({}),
});
export const sloBreached = defineEvent("com.acme.slo.breached.v1", {
  schema: typed<{ readonly burnRate: number }>({}),
});
export const released = defineEvent("com.acme.release.finished.v1", {
  schema: typed<{ readonly digest: string; readonly by: string }>({}),
});
export const catalog = defineCatalog([published, scanRequested, scanFinished, sloBreached, released]);

export const digest = "sha256:1";
export const key = (event: { readonly data: { readonly digest: string } }): string => event.data.digest;

/** What the steps of a rollout do, and how often they have to be asked. */
export interface Gateway {
  readonly done: string[];
  failures: number;
}

export function gateway(failures = 0): Gateway {
  return { done: [], failures };
}

/** Asks for a scan, shifts weights, each watched for five minutes, waits for an approval, and publishes. Undone when a target is missed. */
export function rollout(world: () => Gateway): Saga {
  const shift = (weight: number): void => {
    const { done, failures } = world();
    if (failures > 0) {
      world().failures -= 1;
      throw new Error("the gateway is busy");
    }
    done.push(`shift ${weight}`);
  };
  return saga(
    "rollout",
    { startedBy: published, key, events: [scanFinished, sloBreached] },
    async (run, start) => {
      const { digest } = start.data;
      const scan = await run.request(scanRequested, { digest }, { reply: scanFinished, timeout: "10m" });
      if (!scan || scan.data.critical > 0) return run.fail("blocked by the scan");
      for (const weight of [10, 100]) {
        await run.step(`shift-${weight}`, () => shift(weight), {
          retry: retry({ immediate: 1, delayed: ["10s"] }),
          compensate: () => shift(0),
        });
        const where = { subject: start.subject ?? "" };
        const breach = await run.waitFor(sloBreached, { where, timeout: "5m" });
        if (breach) throw new CompensateError(`burn rate ${breach.data.burnRate}`);
      }
      const by = await run.signal<string>("approve", { timeout: "1d" });
      await run.publish(released, { digest, by: by ?? "nobody" });
      return { by, id: run.uuid().length };
    },
  );
}
