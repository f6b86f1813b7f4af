import { delegate, type Sin, twistOne } from "./sin.js";

export const b10: Sin = {
  sin: "subscriptions end when the connection is lost",
  caughtBy: { "B10/restart-goes-on": /broke off/ },
  commit(broker) {
    const losses = new Set<() => void>();
    return {
      ...delegate(broker),
      open: (context) =>
        broker.open({
          ...context,
          report(report) {
            if (report.kind === "disconnected") for (const lose of losses) lose();
            context.report(report);
          },
        }),
      async subscribe(request) {
        const inner = await broker.subscribe(request);
        const lost = new Promise<IteratorReturnResult<undefined>>((resolve) =>
          losses.add(() => resolve({ done: true, value: undefined })),
        );
        return twistOne(inner, { next: (batches) => Promise.race([lost, batches.next()]) });
      },
    };
  },
};
